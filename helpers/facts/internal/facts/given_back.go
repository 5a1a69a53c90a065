package facts

import (
	"golang.org/x/tools/go/ssa"
)

// givenBack names a function that the activation called and that gives such a lock back before it goes on.
func (w *World) givenBack(a *activation, s *Stacks, c *class) string {
	for j := 0; j < a.frame; j++ {
		for _, inner := range s.at[a.stack][j] {
			for _, given := range w.unlocksFirst(inner.fn) {
				for _, op := range c.ops {
					if op == given && !op.Deferred && w.hasGivenBack(inner, op) {
						return shortName(inner.fn)
					}
				}
			}
		}
	}
	return ""
}

// isGivenBackInside: a function further in may have given this very lock back for a while, as one that waits for a channel
// under its caller's lock does.
func (w *World) isGivenBackInside(s *Stacks, a *activation, h hold) bool {
	at, known := w.syncLocation(h.op.Operand)
	for j := 0; j < a.frame; j++ {
		for _, inner := range s.at[a.stack][j] {
			for _, given := range w.unlocksFirst(inner.fn) {
				key, ok := w.syncLocation(given.Operand)
				if (!ok || !known || key == at) && !given.Deferred && w.hasGivenBack(inner, given) {
					return true
				}
			}
		}
	}
	return false
}

// unlocksFirst are the unlocks of what a function, or one that it calls, need not have locked itself: in a loop that unlocks
// first and locks again, the first one.
func (w *World) unlocksFirst(fn *ssa.Function) []*Op {
	summary := w.summaryOf(fn)
	var out []*Op
	for _, given := range summary.released {
		out = append(out, given.op)
	}
	for _, b := range fn.Blocks {
		if summary.in[b] == nil {
			continue
		}
		state := summary.in[b].copy()
		for _, in := range b.Instrs {
			for _, op := range w.opAt[in] {
				if op.Kind != "unlock" && op.Kind != "runlock" {
					continue
				}
				key, _ := w.lockKey(map[string]string{"unlock": "lock", "runlock": "rlock"}[op.Kind], op.Operand, op.Expr)
				if h, held := state.held[key]; held && !h.always {
					out = append(out, op)
				}
			}
			w.step(state, in)
		}
	}
	return out
}

// hasGivenBack: an activation may have come by the unlock, or by a call that leads there, on its way to where it stands.
func (w *World) hasGivenBack(a *activation, op *Op) bool {
	for _, b := range a.fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(ssa.CallInstruction)
			if !ok || !w.leadsTo(call, op) {
				continue
			}
			for _, p := range a.points {
				if p.entry || p.lost || p.block == nil || w.follows(p.block.Instrs[p.index], in) {
					return true
				}
			}
		}
	}
	return false
}

func (w *World) leadsTo(call ssa.CallInstruction, op *Op) bool {
	for _, own := range w.opAt[call] {
		if own == op {
			return true
		}
	}
	for _, callee := range w.callees[call] {
		for _, given := range w.summaryOf(callee).released {
			if given.op == op {
				return true
			}
		}
	}
	return false
}

// givesBackAhead: the goroutine may still come to an unlock of what its frame has not taken itself.
func (w *World) givesBackAhead(s *Stacks, a *activation, inClass map[*Op]bool) bool {
	for op := range inClass {
		if op.Kind != "unlock" && op.Kind != "runlock" {
			continue
		}
		if paths := w.Paths(op.Operand); len(paths) != 1 || paths[0].root == rootHeap {
			// Which functions give it back for others is not known.
			return true
		}
	}
	for j := a.frame; j < len(s.at[a.stack]); j++ {
		for _, outer := range s.at[a.stack][j] {
			if w.mayGiveBack(outer, inClass) {
				return true
			}
		}
	}
	return false
}

func (w *World) mayGiveBack(a *activation, inClass map[*Op]bool) bool {
	for _, b := range a.fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(ssa.CallInstruction)
			if !ok || !w.isAheadOfAny(in, a.points) {
				continue
			}
			for _, op := range w.opAt[in] {
				if inClass[op] && (op.Kind == "unlock" || op.Kind == "runlock") {
					return true
				}
			}
			for _, callee := range w.callees[call] {
				for _, given := range w.summaryOf(callee).released {
					if inClass[given.op] {
						return true
					}
				}
			}
		}
	}
	return false
}

// waitsForOwn: the frame is parked in a Lock of the very variable that it has locked.
func (w *World) waitsForOwn(a *activation, h hold) bool {
	if !a.waits {
		return false
	}
	for _, p := range a.points {
		if p.entry {
			return false
		}
		for _, op := range w.opAt[p.block.Instrs[p.index]] {
			paths := w.Paths(op.Operand)
			if len(paths) == 1 && paths[0].root != rootHeap && paths[0].key() == h.path.key() && (op.Kind == "lock" || op.Kind == "rlock") {
				return true
			}
		}
	}
	return false
}
