package facts

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// capturedOwner describes what lies around an object that a literal has captured a pointer to, in the frame around it.
func (w *World) capturedOwner(p Path, fn *ssa.Function) *Owner {
	made := w.closures[fn]
	if p.root != rootFree || len(made) != 1 || p.index >= len(made[0].Bindings) {
		return nil
	}
	value := made[0].Bindings[p.index]
	// What is captured is the variable that holds the pointer.
	t := deref(value.Type())
	owner, offset := deref(t), int64(0)
	access, leads := Access{}, false
	for _, s := range p.steps {
		at, ok := w.offsetOf(owner, s.index)
		st, isStruct := owner.Underlying().(*types.Struct)
		if !ok || !isStruct || !s.isField() {
			return nil
		}
		offset += at
		access = append(access, at)
		owner = st.Field(s.index).Type()
		if _, isPointer := owner.Underlying().(*types.Pointer); isPointer {
			access, leads = append(access, loadStep), true
		}
	}
	out := &Owner{Type: w.keys.of(deref(t)), Ambiguous: w.hasOthers(fn.Parent(), value)}
	if leads {
		out.Access = access
	} else {
		out.Offset, out.Passed = offset, true
	}
	return out
}

// ownerOf describes what lies around an object of package sync.
func (w *World) ownerOf(op *Op) *Owner {
	if types.IsInterface(op.Operand.Type()) {
		return nil
	}
	root, offset, ok := w.ownerOffset(op.Operand)
	if !ok {
		return nil
	}
	out := &Owner{Type: w.keys.of(deref(root.Type())), Offset: offset}
	switch root.(type) {
	case *ssa.Parameter, *ssa.FreeVar:
		out.Passed = true
	}
	out.Ambiguous = w.hasOthers(op.Fn, root)
	return out
}

// fieldOwner describes what a channel is a field of.
func (w *World) fieldOwner(v ssa.Value, fn *ssa.Function) *Owner {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil
	}
	root, offset, ok := w.ownerOffset(load.X)
	if !ok || root == load.X {
		return nil
	}
	return &Owner{Type: w.keys.of(deref(root.Type())), Offset: offset, Ambiguous: w.hasOthers(fn, root)}
}

// passedOwner describes what a channel is a field of that a function passes on.
func (w *World) passedOwner(r route) *Owner {
	if r.operand == nil || len(r.more) < 2 || r.more[len(r.more)-1] != loadStep {
		return nil
	}
	offset := int64(0)
	for _, step := range r.more[:len(r.more)-1] {
		if step == loadStep {
			return nil
		}
		offset += step
	}
	return &Owner{Type: w.keys.of(deref(r.operand.Type())), Offset: offset, Ambiguous: w.hasOthers(r.fn, r.operand)}
}

// hasOthers tells whether a function has another variable of the type.
func (w *World) hasOthers(fn *ssa.Function, root ssa.Value) bool {
	return w.hasOthersOf(fn, root.Type())
}

func (w *World) hasOthersOf(fn *ssa.Function, want types.Type) bool {
	names := map[string]bool{}
	for _, p := range fn.Params {
		if types.Identical(p.Type(), want) {
			names[p.Name()] = true
		}
	}
	for _, v := range fn.FreeVars {
		if types.Identical(v.Type(), want) || types.Identical(deref(v.Type()), want) {
			names[v.Name()] = true
		}
	}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.DebugRef); ok {
				if obj, ok := d.Object().(*types.Var); ok && !obj.IsField() && types.Identical(obj.Type(), want) {
					names[obj.Name()] = true
				}
			}
		}
	}
	return len(names) > 1
}

func (w *World) sizes() types.Sizes {
	if s := types.SizesFor("gc", w.Program.GOARCH); s != nil {
		return s
	}
	return types.SizesFor("gc", "amd64")
}
