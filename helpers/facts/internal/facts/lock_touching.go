package facts

import (
	"golang.org/x/tools/go/ssa"
)

// mayTouchLocks is a quick look before the slow one.
func (w *World) mayTouchLocks(fn *ssa.Function) bool {
	for _, op := range w.opsOf[fn] {
		switch op.Kind {
		case "lock", "rlock", "unlock", "runlock":
			return true
		}
	}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			call, ok := in.(ssa.CallInstruction)
			if !ok {
				continue
			}
			for _, callee := range w.callees[call] {
				if w.touching[callee] {
					return true
				}
			}
		}
	}
	return false
}

// findTouching marks the functions that take or give back a lock that is not theirs alone, directly or through others,
// so that only these are run through.
func (w *World) findTouching() {
	w.touching = map[*ssa.Function]bool{}
	var work []*ssa.Function
	for _, fn := range w.funcs {
		for _, op := range w.opsOf[fn] {
			switch op.Kind {
			case "lock", "rlock", "unlock", "runlock":
				if !w.touching[fn] {
					w.touching[fn] = true
					work = append(work, fn)
				}
			}
		}
	}
	for fn := range w.touching {
		for isLoopBody(fn) && fn.Parent() != nil && !w.touching[fn.Parent()] {
			fn = fn.Parent()
			w.touching[fn] = true
			work = append(work, fn)
		}
	}
	// A wrapper of a wrapper is followed a few steps up; further up a lock is somebody's business inside.
	for depth := 0; depth < 3; depth++ {
		var next []*ssa.Function
		// What was found out so far knows nothing of what the last step has added.
		w.locks = map[*ssa.Function]*lockSummary{}
		for _, fn := range work {
			if !w.leavesOrGives(fn) {
				continue
			}
			for _, site := range w.callers[fn] {
				if outer := site.Parent(); outer != nil && !w.touching[outer] {
					w.touching[outer] = true
					next = append(next, outer)
				}
			}
		}
		work = next
	}
	w.locks = map[*ssa.Function]*lockSummary{}
}
