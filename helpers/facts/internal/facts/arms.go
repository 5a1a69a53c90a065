package facts

import "golang.org/x/tools/go/ssa"

// armsTo are the cases of the select in which an activation waits that lead to an instruction, before it comes to that
// select again. Nil where all of them do, or where it waits in no select: then it does not matter how it is woken.
func (w *World) armsTo(s *Stacks, a *activation, to ssa.Instruction) []Arm {
	if !a.waits || len(a.points) != 1 || a.points[0].entry {
		return nil
	}
	sel, ok := a.points[0].block.Instrs[a.points[0].index].(*ssa.Select)
	if !ok || !sel.Blocking || len(sel.States) < 2 {
		return nil
	}
	if _, deferred := to.(*ssa.Defer); deferred {
		return nil
	}
	var arms []Arm
	for _, op := range w.opAt[sel] {
		from, at := w.comesOut(op)
		if from == nil {
			return nil
		}
		if leadsTo(from, at, to, sel.Block()) {
			arms = append(arms, Arm{Kind: op.Kind, Expr: w.exprOf(op.Operand, 0), Via: w.viaWait(s, a, op.Operand)})
		}
	}
	if len(arms) == 0 || len(arms) == len(sel.States) {
		return nil
	}
	return arms
}

// leadsTo tells whether an instruction can be reached from a place in a block without coming by another block.
func leadsTo(from *ssa.BasicBlock, at int, to ssa.Instruction, without *ssa.BasicBlock) bool {
	if from == to.Block() && indexIn(to) >= at {
		return true
	}
	seen := map[*ssa.BasicBlock]bool{}
	work := append([]*ssa.BasicBlock{}, from.Succs...)
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		if b == without {
			// What stands before the select in its block is still to come.
			if b == to.Block() {
				return true
			}
			continue
		}
		if b == to.Block() {
			return true
		}
		work = append(work, b.Succs...)
	}
	return false
}
