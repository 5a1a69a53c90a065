package facts

import (
	"sort"

	"golang.org/x/tools/go/ssa"
)

// A leak is a return, or a panic, that leaves a lock taken.
type leak struct {
	fn   *ssa.Function
	at   ssa.Instruction
	key  string
	hold hold
	// Every return leaves it taken.
	everywhere bool
}

func (w *World) summarize(fn *ssa.Function, s *lockSummary) {
	returns := 0
	counts := map[string]int{}
	sure := map[string]int{}
	found := map[string]hold{}
	var leaks []leak
	for _, b := range fn.Blocks {
		if s.in[b] == nil {
			continue
		}
		if panics, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Panic); ok {
			leaks = append(leaks, w.leaksOfPanic(fn, panics, s.in[b])...)
			continue
		}
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok {
			continue
		}
		returns++
		state := s.in[b].copy()
		for _, in := range b.Instrs {
			w.step(state, in)
		}
		for key, h := range state.held {
			counts[key]++
			if h.always {
				sure[key]++
			}
			found[key] = h
			// Who has one chosen may well have it given back by means that are not in sight; what the body of a loop over a
			// function defers, the function around it does.
			if !h.chosen && !(isLoopBody(fn) && state.deferred[key] != nil) {
				leaks = append(leaks, leak{fn: fn, at: ret, key: key, hold: h})
			}
		}
	}
	for key, h := range found {
		h.always = sure[key] == returns
		s.acquired = append(s.acquired, h)
	}
	sort.Slice(s.acquired, func(i, j int) bool { return s.acquired[i].op.ID < s.acquired[j].op.ID })
	for _, l := range leaks {
		// Who returns with the lock on every way is meant to: a method Lock of its own, or one that returns the unlock.
		if ret, ok := l.at.(*ssa.Return); ok && counts[l.key] == returns && returns > 0 && (w.isLockWrapper(fn) || w.returnsUnlock(ret)) {
			continue
		}
		_, returned := l.at.(*ssa.Return)
		l.everywhere = returned && counts[l.key] == returns
		s.leaks = append(s.leaks, l)
	}
	sort.SliceStable(s.leaks, func(i, j int) bool { return s.leaks[i].at.Pos() < s.leaks[j].at.Pos() })
	w.findReleased(fn, s)
}

// leaksOfPanic: whoever recovers further up goes on with the lock taken, unless what was deferred gives it back.
func (w *World) leaksOfPanic(fn *ssa.Function, panics *ssa.Panic, in *lockState) []leak {
	state := in.copy()
	for _, at := range panics.Block().Instrs {
		w.step(state, at)
	}
	var out []leak
	for key, h := range state.held {
		if !h.chosen && state.deferred[key] == nil {
			out = append(out, leak{fn: fn, at: panics, key: key, hold: h})
		}
	}
	return out
}

// isLockWrapper: a function that takes a lock and gives none back, so that its caller has to.
func (w *World) isLockWrapper(fn *ssa.Function) bool {
	return !w.unlocks(fn)
}

func (w *World) unlocks(fn *ssa.Function) bool {
	for _, op := range w.opsOf[fn] {
		if op.Kind == "unlock" || op.Kind == "runlock" {
			return true
		}
	}
	return false
}

// returnsUnlock: what is returned is a function that gives a lock back, for the caller to call.
func (w *World) returnsUnlock(ret *ssa.Return) bool {
	for _, result := range ret.Results {
		if made, ok := result.(*ssa.MakeClosure); ok && w.unlocks(made.Fn.(*ssa.Function)) {
			return true
		}
	}
	return false
}

// findReleased collects what is given back that was not taken here.
func (w *World) findReleased(fn *ssa.Function, s *lockSummary) {
	seen := map[string]bool{}
	add := func(key string, h hold) {
		if !seen[key] {
			seen[key] = true
			s.released = append(s.released, h)
		}
	}
	for _, b := range fn.Blocks {
		if s.in[b] == nil {
			continue
		}
		state := s.in[b].copy()
		for _, in := range b.Instrs {
			for _, op := range w.opAt[in] {
				if op.Kind != "unlock" && op.Kind != "runlock" {
					continue
				}
				mode := map[string]string{"unlock": "lock", "runlock": "rlock"}[op.Kind]
				key, path := w.lockKey(mode, op.Operand, op.Expr)
				_, held := state.held[key]
				switch {
				case held:
				case path.root != rootHeap:
					add(key, hold{op: op, path: path, site: in, mode: mode, always: dominatesReturns(fn, in)})
				case !state.holdsChosen(mode):
					s.givesChosen(op)
				}
			}
			if call, ok := in.(ssa.CallInstruction); ok && w.mayRunMore(call) {
				if _, isGo := call.(*ssa.Go); !isGo {
					for _, callee := range w.callees[call] {
						if !w.touching[callee] || callee == fn {
							continue
						}
						for _, given := range w.summaryOf(callee).released {
							for _, p := range w.inCaller(given.path, callee, call, 0) {
								key := given.mode + " " + p.key()
								if _, held := state.held[key]; !held && p.root != rootHeap && p.root != rootFresh {
									add(key, hold{op: given.op, path: p, site: in, mode: given.mode})
								}
							}
						}
					}
				}
			}
			w.step(state, in)
		}
	}
}

// holdsChosen: one among several is held, which may be any of them.
func (s *lockState) holdsChosen(mode string) bool {
	for _, h := range s.held {
		if h.mode == mode && (h.chosen || h.path.root == rootHeap) {
			return true
		}
	}
	return false
}

func (s *lockSummary) givesChosen(op *Op) {
	if s.chosen == nil {
		s.chosen = map[*Op]bool{}
	}
	s.chosen[op] = true
}

func dominatesReturns(fn *ssa.Function, in ssa.Instruction) bool {
	return passesAllReturns(fn, in.Block(), indexIn(in))
}
