package facts

import (
	"go/ast"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// heldAt is what an activation holds where it stands: before its instruction is done.
func (w *World) heldAt(a *activation) []hold {
	s := w.summaryOf(a.fn)
	if !s.takes && len(loopBodies(a.fn)) == 0 {
		return nil
	}
	var merged *lockState
	for _, p := range a.points {
		if p.lost {
			return w.heldAnywhere(a.fn, s)
		}
		if p.entry {
			continue
		}
		state := newState()
		if in := s.in[p.block]; in != nil {
			state = in.copy()
		} else if s.takes {
			continue
		}
		for i := 0; i < p.index; i++ {
			w.step(state, p.block.Instrs[i])
		}
		if _, ok := p.block.Instrs[p.index].(*ssa.RunDefers); ok {
			w.amongDefers(a.fn, state, p.deferred)
		}
		if merged == nil {
			merged = state
		} else {
			merged.merge(state)
		}
	}
	if merged == nil {
		return nil
	}
	w.addHeldByLoops(a.fn, merged)
	keys := make([]string, 0, len(merged.held))
	for key := range merged.held {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	out := make([]hold, 0, len(keys))
	for _, key := range keys {
		out = append(out, merged.held[key])
	}
	return out
}

// heldAnywhere: where a function stands is not known, so that it may hold whatever it takes.
func (w *World) heldAnywhere(fn *ssa.Function, s *lockSummary) []hold {
	state := newState()
	for _, in := range s.in {
		state.merge(in)
	}
	for _, op := range w.opsOf[fn] {
		if op.Kind == "lock" || op.Kind == "rlock" {
			key, path := w.lockKey(op.Kind, op.Operand, op.Expr)
			state.held[key] = hold{op: op, path: path, site: op.Instr, mode: op.Kind}
		}
	}
	w.addHeldByLoops(fn, state)
	var out []hold
	for _, h := range state.held {
		h.always = false
		out = append(out, h)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].op.ID < out[j].op.ID })
	return out
}

// isLoopBody: of a loop over a function. What it defers runs when the function around it returns.
func isLoopBody(fn *ssa.Function) bool {
	_, ok := fn.Syntax().(*ast.RangeStmt)
	return ok
}

func loopBodies(fn *ssa.Function) []*ssa.Function {
	var out []*ssa.Function
	for _, literal := range fn.AnonFuncs {
		if isLoopBody(literal) {
			out = append(append(out, literal), loopBodies(literal)...)
		}
	}
	return out
}

// addHeldByLoops: locks that the body of a loop has taken and whose unlock it has deferred may be held until the function
// around it returns, one for each round.
func (w *World) addHeldByLoops(fn *ssa.Function, state *lockState) {
	for _, body := range loopBodies(fn) {
		for _, h := range w.summaryOf(body).acquired {
			key := chosenKey(h.mode, h.op, h.site)
			state.held[key] = hold{op: h.op, path: heapPath(), site: h.site, mode: h.mode, chosen: true}
		}
	}
}

// amongDefers: deferred calls run in reverse. What was deferred before the unlock runs without the lock, what was deferred
// behind it still has it.
func (w *World) amongDefers(fn *ssa.Function, state *lockState, running *ssa.Defer) {
	if running != nil && !w.isInLoop(running) {
		for key, d := range state.deferred {
			switch {
			case d == running || dominates(d, running):
			case dominates(running, d):
				delete(state.held, key)
			default:
				state.doubt(key)
			}
		}
		return
	}
	var first *ssa.Defer
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.Defer); ok && (first == nil || d.Pos() < first.Pos()) {
				first = d
			}
		}
	}
	for key, d := range state.deferred {
		if d != first {
			state.doubt(key)
		}
	}
}
