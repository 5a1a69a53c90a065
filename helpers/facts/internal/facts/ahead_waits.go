package facts

import (
	"golang.org/x/tools/go/ssa"
)

// A GroupWait is a wait for a wait group that a goroutine has yet to get past.
type GroupWait struct {
	Frame int    `json:"frame"`
	Expr  string `json:"expr"`
	Op    int    `json:"op"`
	File  string `json:"file"`
	Line  int    `json:"line"`
}

// groupsAhead are the wait groups that a goroutine waits for on every way from where it stands to an instruction of one
// of its frames: in that frame before the instruction, in those inside of it before they return. A panic, which passes
// none of them, is no way on.
func (w *World) groupsAhead(s *Stacks, a *activation, site ssa.Instruction) []GroupWait {
	out := w.groupsBefore(a, site)
	for frame := a.frame - 1; frame >= 0; frame-- {
		// Where it is not known which function runs, neither is what it waits for.
		if inner := s.at[a.stack][frame]; len(inner) == 1 {
			out = append(out, w.groupsBefore(inner[0], nil)...)
		}
	}
	return out
}

// groupsBefore looks at one frame; without an instruction, until it returns.
func (w *World) groupsBefore(a *activation, site ssa.Instruction) []GroupWait {
	var out []GroupWait
	for _, op := range w.opsOf[a.fn] {
		if op.Kind != "wait" || op.Deferred || op.Maybe || syncType(deref(op.Operand.Type())) != "WaitGroup" {
			continue
		}
		if _, ok := op.Instr.(*ssa.Call); !ok || op.Instr == site || !w.mustPass(a, op.Instr, site) {
			continue
		}
		operand := settled(op.Operand)
		expr := w.exprIn(operand, a, 0)
		if expr == "" || !w.valueStays(operand, a, 0) {
			continue
		}
		p := w.place(positionOf(op.Instr))
		out = append(out, GroupWait{Frame: a.frame, Expr: expr, Op: op.ID, File: p.File, Line: p.Line})
	}
	return out
}

// mustPass tells whether every way from where an activation stands to an instruction, or to the end of its function,
// leads through another one.
func (w *World) mustPass(a *activation, through, site ssa.Instruction) bool {
	isThere := func(in ssa.Instruction) bool {
		switch in.(type) {
		case *ssa.Return:
			return site == nil
		case *ssa.RunDefers:
			// What is deferred runs here.
			if _, isDefer := site.(*ssa.Defer); isDefer {
				return true
			}
		}
		return in == site
	}
	isThrough := func(in ssa.Instruction) bool { return in == through }
	for _, p := range a.points {
		if p.entry || p.deferred != nil || p.block.Instrs[p.index] == through {
			return false
		}
		from := p.index + 1
		if p.again {
			from = p.index
		}
		if firstWithout(p.block, from, isThere, isThrough) != nil {
			return false
		}
	}
	return len(a.points) > 0
}
