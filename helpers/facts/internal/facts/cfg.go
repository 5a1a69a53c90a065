package facts

import "golang.org/x/tools/go/ssa"

// A point is where an activation of a function stands: at an instruction that it is in the middle of.
type point struct {
	block *ssa.BasicBlock
	index int
	// entry: it has not begun, or it is not known where it stands, so that everything may still come.
	entry bool
	// lost: it is not known where it stands.
	lost bool
	// again: the instruction itself may still have to run.
	again bool
	// deferred is the call that runs, where the point is the end of a function and it is known which.
	deferred *ssa.Defer
}

func indexIn(in ssa.Instruction) int {
	for i, other := range in.Block().Instrs {
		if other == in {
			return i
		}
	}
	return -1
}

// blocksAfter are the blocks that can run once a block is left, itself among them where a loop leads back.
func (w *World) blocksAfter(b *ssa.BasicBlock) map[*ssa.BasicBlock]bool {
	if known, ok := w.reach[b]; ok {
		return known
	}
	seen := map[*ssa.BasicBlock]bool{}
	work := append([]*ssa.BasicBlock{}, b.Succs...)
	for len(work) > 0 {
		next := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[next] {
			continue
		}
		seen[next] = true
		work = append(work, next.Succs...)
	}
	w.reach[b] = seen
	return seen
}

// follows tells whether an instruction can run after another one.
func (w *World) follows(later, earlier ssa.Instruction) bool {
	a, b := earlier.Block(), later.Block()
	if a == b && indexIn(later) > indexIn(earlier) {
		return true
	}
	return w.blocksAfter(a)[b]
}

// isAhead tells whether an instruction can still run in an activation that stands at a point. What is deferred runs
// at the end, if the statement was passed or may still be.
func (w *World) isAhead(in ssa.Instruction, p point) bool {
	if p.entry {
		return true
	}
	here := p.block.Instrs[p.index]
	if p.again && in == here {
		return true
	}
	if w.follows(in, here) {
		return true
	}
	if d, ok := in.(*ssa.Defer); ok {
		return w.follows(here, d) || d == here
	}
	return false
}

// isAheadOfAny is isAhead for an activation of which it is not known at which of several points it stands.
func (w *World) isAheadOfAny(in ssa.Instruction, points []point) bool {
	for _, p := range points {
		if w.isAhead(in, p) {
			return true
		}
	}
	return len(points) == 0
}

// dominates tells whether every way to an instruction leads through another one.
func dominates(first, then ssa.Instruction) bool {
	a, b := first.Block(), then.Block()
	if a == b {
		return indexIn(first) < indexIn(then)
	}
	return a.Dominates(b)
}

// isInLoop tells whether an instruction can run more than once in one activation.
func (w *World) isInLoop(in ssa.Instruction) bool { return w.blocksAfter(in.Block())[in.Block()] }

// firstWithout is an instruction of a kind that can be come to from a point without any of another kind; nil where there
// is none.
func firstWithout(from *ssa.BasicBlock, at int, isIt, isStop func(ssa.Instruction) bool) ssa.Instruction {
	seen := map[*ssa.BasicBlock]bool{}
	var work []*ssa.BasicBlock
	look := func(b *ssa.BasicBlock, at int) ssa.Instruction {
		for _, in := range b.Instrs[at:] {
			if isStop(in) {
				return nil
			}
			if isIt(in) {
				return in
			}
		}
		work = append(work, b.Succs...)
		return nil
	}
	if found := look(from, at); found != nil {
		return found
	}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		if found := look(b, 0); found != nil {
			return found
		}
	}
	return nil
}
