package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// condLocks are the locks that condition variables have: where they lie, and types that are such a lock by what they
// embed.
type condLocks struct {
	at     map[locKey]bool
	owners map[string]bool
}

// locksOfConds finds them once.
func (w *World) locksOfConds() *condLocks {
	if w.conds != nil {
		return w.conds
	}
	w.conds = &condLocks{map[locKey]bool{}, map[string]bool{}}
	var starts []node
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				switch in := in.(type) {
				case ssa.CallInstruction:
					if c := in.Common(); calledName(c) == newCond {
						starts = append(starts, c.Args[0])
					}
				case *ssa.Store:
					if f, ok := in.Addr.(*ssa.FieldAddr); ok && syncType(deref(f.X.Type())) == "Cond" {
						starts = append(starts, in.Val)
					}
				}
			}
		}
	}
	if len(starts) == 0 {
		return w.conds
	}
	for _, n := range w.search(starts, starts[0].(ssa.Value).Type(), true).Order {
		v, ok := n.(ssa.Value)
		if !ok {
			continue
		}
		if made, ok := v.(*ssa.MakeInterface); ok {
			v = made.X
			w.conds.owners[w.twinOf(w.keys.of(deref(v.Type())))] = true
		}
		if key, ok := w.syncLocation(v); ok {
			w.conds.at[key] = true
		}
	}
	return w.conds
}

// isGivenUp: the goroutine waits for a condition further in, and that gives this lock back for as long, or may do so.
func (w *World) isGivenUp(s *Stacks, a *activation, h hold) bool {
	inWait := false
	for _, f := range s.all[a.stack].Frames[:a.frame] {
		inWait = inWait || f.Function == "sync.(*Cond).Wait"
	}
	if !inWait {
		return false
	}
	locks := w.locksOfConds()
	if n := len(h.path.steps); h.path.root != rootHeap && n > 0 && h.path.steps[n-1].isField() {
		last := h.path.steps[n-1]
		return locks.owners[last.owner] || locks.owners["sync.Locker"] || locks.at[locKey("F"+last.owner+"#"+itoa(last.index))] ||
			syncType(deref(h.op.Operand.Type())) == ""
	}
	if g, ok := h.op.Operand.(*ssa.Global); ok {
		return locks.at[w.locOf(g)]
	}
	return true
}

// isReadAgain: a condition that waits under a read lock (RLocker) gives it back once. Who took it once more further in has
// what it took before still.
func (w *World) isReadAgain(s *Stacks, a *activation, h hold, inClass map[*Op]bool) bool {
	if h.mode != "rlock" || types.IsInterface(h.op.Operand.Type()) {
		return false
	}
	for j := a.frame; j >= 0; j-- {
		for _, inner := range s.at[a.stack][j] {
			for _, other := range w.heldAt(inner) {
				if other.always && other.op != h.op && inClass[other.op] && types.IsInterface(other.op.Operand.Type()) {
					return true
				}
			}
		}
	}
	return false
}
