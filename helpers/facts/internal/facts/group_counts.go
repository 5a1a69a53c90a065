package facts

import (
	"golang.org/x/tools/go/ssa"
)

func (w *World) timesOfDeferred(op *Op, site *ssa.Defer, a *activation) string {
	if w.isInLoop(op.Instr) || w.isInLoop(site) || !passesAllReturns(op.Fn, op.Instr.Block(), indexIn(op.Instr)) {
		return "many"
	}
	if call, ok := op.Instr.(ssa.CallInstruction); !ok || calledName(call.Common()) != "sync.(*WaitGroup).Done" {
		return "many"
	}
	for _, p := range a.points {
		if p.entry || !dominates(site, p.block.Instrs[p.index]) {
			return "once"
		}
	}
	return "sure"
}

// timesOf: `wg.Done()` that was deferred on the way into the function comes for sure; others once, or who knows how
// often.
func (w *World) timesOf(op *Op, a *activation) string {
	call, ok := op.Instr.(ssa.CallInstruction)
	if !ok || w.isInLoop(op.Instr) {
		return "many"
	}
	c := call.Common()
	if calledName(c) == "sync.(*WaitGroup).Add" {
		if n, ok := c.Args[1].(*ssa.Const); !ok || n.Int64() != -1 {
			return "many"
		}
	}
	if op.Deferred {
		for _, p := range a.points {
			if p.entry || !dominates(op.Instr, p.block.Instrs[p.index]) {
				return "once"
			}
		}
		return "sure"
	}
	return "once"
}
