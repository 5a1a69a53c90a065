package facts

import (
	"go/types"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// load is a step of an access that reads a pointer; others add an offset.
const loadStep = -1

// An Access leads from a pointer that a frame holds to an object: offsets to add, and -1 to read what is there.
type Access []int64

// access follows a value back to a parameter, a captured variable or a local one, as the machine would go: the value of
// that, then offsets and loads. Of an object of package sync, it leads to its address; of a channel, to the channel.
func (w *World) access(v ssa.Value) (ssa.Value, Access, bool) {
	switch v := v.(type) {
	case *ssa.FieldAddr:
		root, steps, ok := w.access(v.X)
		offset, known := w.offsetOf(v.X.Type(), v.Field)
		if !ok || !known {
			return nil, nil, false
		}
		return root, append(append(Access{}, steps...), offset), true
	case *ssa.UnOp:
		if v.Op.String() != "*" {
			return nil, nil, false
		}
		switch x := v.X.(type) {
		case *ssa.FreeVar:
			// A variable that is set once is captured by its value.
			if cell := w.captured(x, 0); cell != nil {
				if values, ok := w.storesToVariable(cell); ok && len(values) == 1 {
					return x, nil, true
				}
			}
			return nil, nil, false
		case *ssa.Alloc:
			if values, ok := w.storesToVariable(x); ok && len(values) == 1 {
				return w.access(values[0])
			}
			return nil, nil, false
		}
		root, steps, ok := w.access(v.X)
		if !ok {
			return nil, nil, false
		}
		return root, append(append(Access{}, steps...), loadStep), true
	case *ssa.ChangeType:
		return w.access(v.X)
	case *ssa.MakeInterface:
		if _, ok := v.X.Type().Underlying().(*types.Pointer); ok {
			return w.access(v.X)
		}
		return nil, nil, false
	case *ssa.Parameter, *ssa.FreeVar:
		return v, nil, true
	case *ssa.Alloc:
		return v, nil, isStructCell(v)
	case *ssa.MakeChan, *ssa.Call, *ssa.Extract, *ssa.Phi:
		// It has a name of its own, or stays in the frame without one.
		return v, nil, true
	}
	return nil, nil, false
}

// offsetOf is where in a struct a field lies; that of a generic one has no place before it is an instance.
func (w *World) offsetOf(t types.Type, field int) (int64, bool) {
	st, ok := deref(t).Underlying().(*types.Struct)
	if !ok || !isSized(st) {
		return 0, false
	}
	fields := make([]*types.Var, st.NumFields())
	for i := range fields {
		fields[i] = st.Field(i)
	}
	return w.sizes().Offsetsof(fields)[field], true
}

// isSized tells whether a type's size does not hang on a type parameter.
func isSized(t types.Type) bool {
	if _, ok := compat.Unalias(t).(*types.TypeParam); ok {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return isSized(u.Elem())
	case *types.Struct:
		for i := 0; i < u.NumFields(); i++ {
			if !isSized(u.Field(i).Type()) {
				return false
			}
		}
	}
	return true
}

// A Via tells an object in a frame from what its goroutine waits for: the same pointer leads to both, so that the one
// in the frame's memory which leads to what is waited for leads to the object as well.
type Via struct {
	Waits  []Access `json:"waits"`
	Object Access   `json:"object"`
}

// viaWait finds the way from what a goroutine waits for to an operand, where both hang on one variable of the frame.
func (w *World) viaWait(s *Stacks, a *activation, operand ssa.Value) *Via {
	root, object, ok := w.access(operand)
	if !ok || !s.all[a.stack].Parked {
		return nil
	}
	via := &Via{Object: append(Access{}, object...), Waits: []Access{}}
	for _, known := range w.waitsIn(s, a) {
		if known.root == root {
			via.Waits = append(via.Waits, append(Access{}, known.steps...))
		}
	}
	if len(via.Waits) == 0 {
		return nil
	}
	return via
}

type rooted struct {
	root  ssa.Value
	steps Access
}

// waitsIn is what the goroutine of a frame waits for, seen from that frame: passed down from call to call.
func (w *World) waitsIn(s *Stacks, a *activation) []rooted {
	type key struct{ stack, frame int }
	known := key{a.stack, a.frame}
	if w.waited == nil {
		w.waited = map[[2]int][]rooted{}
	}
	if found, ok := w.waited[[2]int{known.stack, known.frame}]; ok {
		return found
	}
	var out []rooted
	if a.waits {
		for _, p := range a.points {
			if p.entry {
				continue
			}
			for _, op := range w.opAt[p.block.Instrs[p.index]] {
				if root, steps, ok := w.access(op.Operand); ok {
					out = append(out, rooted{root, steps})
				}
			}
		}
	} else if a.frame > 0 {
		for _, inner := range s.at[a.stack][a.frame-1] {
			for _, found := range w.waitsIn(s, inner) {
				out = append(out, w.outwards(found, inner.fn, a)...)
			}
		}
	}
	w.waited[[2]int{known.stack, known.frame}] = out
	return out
}

// outwards says what a pointer of a called function is in the frame that called it.
func (w *World) outwards(found rooted, fn *ssa.Function, a *activation) []rooted {
	index := -1
	if p, ok := found.root.(*ssa.Parameter); ok {
		for i, own := range fn.Params {
			if own == p {
				index = i
			}
		}
	}
	if index < 0 {
		return nil
	}
	var out []rooted
	for _, p := range a.points {
		if p.entry {
			continue
		}
		site, ok := p.block.Instrs[p.index].(ssa.CallInstruction)
		if !ok {
			continue
		}
		if arg := argument(site.Common(), fn, index); arg != nil {
			if root, steps, ok := w.access(arg); ok {
				out = append(out, rooted{root, append(append(Access{}, steps...), found.steps...)})
			}
		}
	}
	return out
}

// viaRoute is viaWait for what a frame will pass on.
func (w *World) viaRoute(s *Stacks, a *activation, r route) *Via {
	if r.operand == nil {
		return nil
	}
	via := w.viaWait(s, a, r.operand)
	if via == nil {
		return nil
	}
	via.Object = append(via.Object, r.more...)
	return via
}

// viaOp is viaWait for an operation: of a timer, its channel is meant, which is its first field.
func (w *World) viaOp(s *Stacks, a *activation, op *Op, operand ssa.Value) *Via {
	via := w.viaWait(s, a, operand)
	if via != nil && op.Kind == "reset" {
		via.Object = append(via.Object, 0, loadStep)
	}
	return via
}
