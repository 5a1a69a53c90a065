package facts

import (
	"golang.org/x/tools/go/ssa"
)

// slotLeaks are the returns of functions that send to a channel, take a value out of it again on other ways, and leave the
// first one in it there: of a channel that is used as a semaphore, a slot that is never given back.
func (w *World) slotLeaks(c *class) []Leak {
	given := map[*ssa.Function][]ssa.Instruction{}
	for _, op := range c.ops {
		if op.Kind != "receive" {
			continue
		}
		given[op.Fn] = append(given[op.Fn], op.Instr)
		if site := w.deferredAt(op.Fn); site != nil {
			given[site.Parent()] = append(given[site.Parent()], site)
		}
	}
	var out []Leak
	for _, op := range c.ops {
		if op.Kind != "send" || op.Deferred || len(given[op.Fn]) == 0 {
			continue
		}
		from, at := w.comesOut(op)
		if from == nil || !w.anyFollows(given[op.Fn], op.Instr) {
			continue
		}
		if ret := returnWithout(from, at, given[op.Fn]); ret != nil {
			p := w.endAt(ret, op.Fn)
			out = append(out, Leak{Function: shortName(op.Fn), File: p.File, Line: p.Line, LockedAt: w.line(op.Pos)})
		}
	}
	return out
}

func (w *World) anyFollows(later []ssa.Instruction, earlier ssa.Instruction) bool {
	for _, in := range later {
		if w.follows(in, earlier) {
			return true
		}
	}
	return false
}

// returnWithout is a return that is come to from a point without any of some instructions.
func returnWithout(from *ssa.BasicBlock, at int, without []ssa.Instruction) ssa.Instruction {
	isReturn := func(in ssa.Instruction) bool { _, ok := in.(*ssa.Return); return ok }
	isStop := func(in ssa.Instruction) bool {
		for _, stop := range without {
			if in == stop {
				return true
			}
		}
		return false
	}
	return firstWithout(from, at, isReturn, isStop)
}
