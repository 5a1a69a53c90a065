package facts

import (
	"go/ast"
	"go/types"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// dropTemplates leaves out the bodies of generic functions as they are written, wherever there are instances: those run.
func dropTemplates(kept map[*ssa.Function]bool) {
	instances := map[ast.Node]bool{}
	for fn := range kept {
		if fn.Syntax() != nil && !isTemplate(fn) {
			instances[fn.Syntax()] = true
		}
	}
	for fn := range kept {
		if isTemplate(fn) && (fn.Syntax() == nil || instances[fn.Syntax()]) {
			delete(kept, fn)
		}
	}
}

// isTemplate tells whether a function, or the one around it, hangs on type parameters.
func isTemplate(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	args := fn.TypeArgs()
	if fn.TypeParams().Len() > len(args) {
		return true
	}
	for _, arg := range args {
		if hasTypeParameter(arg, 0) {
			return true
		}
	}
	recv := fn.Signature.Recv()
	return recv != nil && hasTypeParameter(recv.Type(), 0)
}

// hasTypeParameter looks as deep as types are usually written.
func hasTypeParameter(t types.Type, depth int) bool {
	if depth > 10 {
		return false
	}
	switch t := compat.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for i := 0; i < t.TypeArgs().Len(); i++ {
			if hasTypeParameter(t.TypeArgs().At(i), depth+1) {
				return true
			}
		}
	case *types.Map:
		return hasTypeParameter(t.Key(), depth+1) || hasTypeParameter(t.Elem(), depth+1)
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if hasTypeParameter(t.Field(i).Type(), depth+1) {
				return true
			}
		}
	case *types.Signature:
		return hasTypeParameter(t.Params(), depth+1) || hasTypeParameter(t.Results(), depth+1)
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			if hasTypeParameter(t.At(i).Type(), depth+1) {
				return true
			}
		}
	case interface{ Elem() types.Type }:
		return hasTypeParameter(t.Elem(), depth+1)
	}
	return false
}
