package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// pathExpr is the text of a path that hangs on a parameter or captured variable.
func (w *World) pathExpr(p Path, fn *ssa.Function) string {
	var base string
	switch {
	case p.root == rootParam && p.index < len(fn.Params):
		base = localExpr(fn.Params[p.index].Name(), fn)
	case p.root == rootFree && p.index < len(fn.FreeVars):
		base = localExpr(fn.FreeVars[p.index].Name(), fn)
	case p.root == rootGlobal:
		base = w.exprOf(p.value, 0)
	default:
		return ""
	}
	return extendExpr(base, p.steps)
}

func extendExpr(base string, steps []step) string {
	if base == "" {
		return ""
	}
	for _, s := range steps {
		if s.name == "" || !s.isField() {
			return ""
		}
		base += "." + s.name
	}
	return base
}

// siteExpr is the object as the caller's frame has it.
func (k *walker) siteExpr(p Path, fn *ssa.Function, site ssa.CallInstruction) string {
	switch p.root {
	case rootGlobal:
		return extendExpr(k.w.exprOf(p.value, 0), p.steps)
	case rootParam:
		if arg := argument(site.Common(), fn, p.index); arg != nil && !types.IsInterface(arg.Type()) {
			return extendExpr(k.w.exprOf(arg, 0), p.steps)
		}
	case rootFree:
		if made, ok := site.Common().Value.(*ssa.MakeClosure); ok && made.Fn == fn {
			return extendExpr(k.w.exprOf(made.Bindings[p.index], 0), p.steps)
		}
	}
	return ""
}

// siteAccess is the way from what a caller passes to the object.
func (k *walker) siteAccess(p Path, fn *ssa.Function, site ssa.CallInstruction) (ssa.Value, Access) {
	if p.root != rootParam {
		return nil, nil
	}
	arg := argument(site.Common(), fn, p.index)
	if arg == nil {
		return nil, nil
	}
	more := Access{}
	t := fn.Params[p.index].Type()
	for i, s := range p.steps {
		st, ok := deref(t).Underlying().(*types.Struct)
		if !ok || s.index >= st.NumFields() || !s.isField() {
			return nil, nil
		}
		offset, known := k.w.offsetOf(t, s.index)
		if !known {
			return nil, nil
		}
		more = append(more, offset)
		t = st.Field(s.index).Type()
		last := i == len(p.steps)-1
		if _, isPointer := t.Underlying().(*types.Pointer); isPointer || last && isChan(t) {
			more = append(more, loadStep)
		}
	}
	return arg, more
}
