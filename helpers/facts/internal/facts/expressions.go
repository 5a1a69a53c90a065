package facts

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// exprOf is the text by which a debugger finds a value in a frame of its function: a variable, and fields of it.
func (w *World) exprOf(v ssa.Value, depth int) string { return w.exprIn(v, nil, depth) }

// exprIn is exprOf for a frame of which it is known where it stands: what it has read already from a variable or field
// that may be set again lies in another variable, or in none.
func (w *World) exprIn(v ssa.Value, a *activation, depth int) string {
	if depth > maxSteps*2 {
		return ""
	}
	switch v := v.(type) {
	case *ssa.Parameter:
		return localExpr(v.Name(), v.Parent())
	case *ssa.FreeVar:
		return localExpr(v.Name(), v.Parent())
	case *ssa.Global:
		if v.Pkg == nil {
			return ""
		}
		if path := v.Pkg.Pkg.Path(); strings.Contains(path, "/") {
			return `"` + path + `".` + v.Name()
		}
		return v.Pkg.Pkg.Path() + "." + v.Name()
	case *ssa.Alloc:
		if v.Comment != "" && v.Comment != "new" && v.Comment != "complit" && token.IsIdentifier(v.Comment) {
			return localExpr(v.Comment, v.Parent())
		}
	case *ssa.FieldAddr:
		return w.fieldExpr(v.X, v.Field, a, depth)
	case *ssa.Field:
		return w.fieldExpr(v.X, v.Field, a, depth)
	case *ssa.UnOp:
		if v.Op == token.MUL && a != nil && w.isStale(v, a) {
			return w.copyName(v)
		}
		if v.Op == token.MUL {
			return w.exprIn(v.X, a, depth+1)
		}
	case *ssa.ChangeType:
		return w.exprIn(v.X, a, depth+1)
	case *ssa.ChangeInterface:
		return w.exprIn(v.X, a, depth+1)
	}
	return localExpr(w.variableName(v), v.Parent())
}

// localExpr is a local variable as a debugger finds it. Where optimised code keeps no such variable in a frame, a debugger
// takes a package variable of that name for it: then nothing is to be read there.
func localExpr(name string, fn *ssa.Function) string {
	if fn == nil {
		return name
	}
	pkg := fn.Pkg
	if origin := fn.Origin(); pkg == nil && origin != nil {
		pkg = origin.Pkg
	}
	if pkg != nil {
		if _, isVariable := pkg.Members[name].(*ssa.Global); isVariable {
			return ""
		}
	}
	return name
}

func (w *World) fieldExpr(x ssa.Value, field int, a *activation, depth int) string {
	base := w.exprIn(x, a, depth+1)
	st, ok := deref(x.Type()).Underlying().(*types.Struct)
	if base == "" || !ok {
		return ""
	}
	return base + "." + st.Field(field).Name()
}

// variableName is a local variable that has the value, by the debug references of the SSA form.
func (w *World) variableName(v ssa.Value) string {
	if v == nil || v.Referrers() == nil {
		return ""
	}
	for _, ref := range *v.Referrers() {
		d, ok := ref.(*ssa.DebugRef)
		if !ok || d.IsAddr {
			continue
		}
		if id, ok := compat.Unparen(d.Expr).(*ast.Ident); ok && id.Name != "_" {
			if obj, ok := d.Object().(*types.Var); ok && !obj.IsField() && obj.Parent() != nil {
				return id.Name
			}
		}
	}
	return ""
}
