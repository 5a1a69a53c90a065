package facts

import (
	"golang.org/x/tools/go/ssa"
)

// A Bound tells an object by a function value that the frame keeps: the unlock that the call which locked has returned.
type Bound struct {
	// Offset of the lock in what the function value has a pointer to.
	Offset int64 `json:"offset"`
	// Captured: so many words the function value has at least, behind its code.
	Captured int `json:"captured"`
}

// boundBy: the lock was taken by a function that returns its unlock, and every such function value in the frame is of a
// lock that is held still, so that none can be left from before. A call in a loop leaves one for each round.
func (w *World) boundBy(a *activation, h hold, held []hold) *Bound {
	if h.op.Fn == a.fn || !h.always {
		return nil
	}
	sites := map[ssa.Instruction]bool{}
	for _, one := range held {
		sites[one.site] = true
	}
	for _, b := range a.fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(*ssa.Call)
			if !ok || !w.givesUnlock(call) {
				continue
			}
			if w.isInLoop(in) || !(sites[in] || w.isAheadOfAny(in, a.points) || standsAt(in, a.points)) {
				return nil
			}
		}
	}
	site, ok := h.site.(*ssa.Call)
	if !ok || !w.givesUnlock(site) {
		return nil
	}
	root, offset, ok := w.ownerOffset(h.op.Operand)
	if !ok || root == nil {
		return nil
	}
	// The function value may have the lock itself, as of `return mu.Unlock`, or the struct around it.
	if w.bindsLock(site) {
		offset = 0
	}
	return &Bound{offset, w.captures(site)}
}

func standsAt(in ssa.Instruction, points []point) bool {
	for _, p := range points {
		if !p.entry && p.block.Instrs[p.index] == in {
			return true
		}
	}
	return false
}

// givesUnlock: all that may be called there return a function that gives back what they have locked.
func (w *World) givesUnlock(call *ssa.Call) bool {
	callees := w.callees[call]
	for _, callee := range callees {
		if len(w.unlocksOf(callee)) == 0 {
			return false
		}
	}
	return len(callees) > 0
}

// unlocksOf are the functions that a function returns and that give a lock back.
func (w *World) unlocksOf(fn *ssa.Function) []*ssa.MakeClosure {
	var out []*ssa.MakeClosure
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok {
			continue
		}
		for _, result := range ret.Results {
			if made, ok := result.(*ssa.MakeClosure); ok && w.unlocks(made.Fn.(*ssa.Function)) {
				out = append(out, made)
			}
		}
	}
	return out
}

// bindsLock: what is returned is the method Unlock of the lock, which it has a pointer to.
func (w *World) bindsLock(call *ssa.Call) bool {
	for _, callee := range w.callees[call] {
		for _, made := range w.unlocksOf(callee) {
			if len(made.Bindings) != 1 || syncType(deref(made.Bindings[0].Type())) == "" {
				return false
			}
		}
	}
	return true
}

// captures is how many variables each function that is returned has captured, at least.
func (w *World) captures(call *ssa.Call) int {
	least := -1
	for _, callee := range w.callees[call] {
		for _, made := range w.unlocksOf(callee) {
			if least < 0 || len(made.Bindings) < least {
				least = len(made.Bindings)
			}
		}
	}
	return least
}
