package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// slotLeaks are the returns of functions that send to a channel, take a value out of it again on other ways, and leave the
// first one in it there: of a channel that is used as a semaphore, a slot that is never given back.
func (w *World) slotLeaks(c *class) []Leak { return w.unitLeaks(c, "send", "receive") }

// tokenLeaks are the same of a channel that its maker fills with tokens: who receives one sends it back.
func (w *World) tokenLeaks(c *class) []Leak {
	makers := map[*ssa.Function]bool{}
	for _, v := range c.made {
		makers[v.Parent()] = true
	}
	filled := false
	for _, op := range c.ops {
		if op.Kind == "send" && !isToken(op) {
			return nil
		}
		filled = filled || op.Kind == "send" && makers[op.Fn]
	}
	if !filled {
		return nil
	}
	return w.unitLeaks(c, "receive", "send")
}

// isToken: what is sent says nothing.
func isToken(op *Op) bool {
	at, ok := op.Operand.Type().Underlying().(*types.Chan)
	if !ok {
		return false
	}
	elem, ok := at.Elem().Underlying().(*types.Struct)
	return ok && elem.NumFields() == 0
}

func (w *World) unitLeaks(c *class, taken, back string) []Leak {
	given := map[*ssa.Function][]ssa.Instruction{}
	for _, op := range c.ops {
		if op.Kind != back {
			continue
		}
		given[op.Fn] = append(given[op.Fn], op.Instr)
		if site := w.deferredAt(op.Fn); site != nil {
			given[site.Parent()] = append(given[site.Parent()], site)
		}
	}
	var out []Leak
	for _, op := range c.ops {
		if op.Kind != taken || op.Deferred || len(given[op.Fn]) == 0 {
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
