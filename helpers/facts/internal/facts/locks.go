package facts

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// A lockSummary says what a function does with locks as a whole.
type lockSummary struct {
	in       map[*ssa.BasicBlock]*lockState
	acquired []hold       // held when it returns, on all or some ways
	released []hold       // given back without having been taken
	chosen   map[*Op]bool // gives back one among several, as out of a map, where none of these was taken
	leaks    []leak
	takes    bool
}

func (w *World) lockKey(mode string, v ssa.Value, expr string) (string, Path) {
	paths := w.Paths(v)
	if len(paths) == 1 && paths[0].root != rootHeap && !paths[0].isSome() {
		return mode + " " + paths[0].key(), paths[0]
	}
	return mode + " as written " + expr, heapPath()
}

// summaryOf runs through a function's blocks until nothing changes.
func (w *World) summaryOf(fn *ssa.Function) *lockSummary {
	if known, ok := w.locks[fn]; ok {
		return known
	}
	s := &lockSummary{in: map[*ssa.BasicBlock]*lockState{}}
	// A function that calls itself is taken to leave locks as they were.
	w.locks[fn] = s
	if isOpaque(fn) || !w.mayTouchLocks(fn) {
		return s
	}
	s.takes = true
	s.in[fn.Blocks[0]] = newState()
	work := []*ssa.BasicBlock{fn.Blocks[0]}
	for rounds := 0; len(work) > 0 && rounds < 20*len(fn.Blocks)+100; rounds++ {
		b := work[0]
		work = work[1:]
		state := s.in[b].copy()
		for _, in := range b.Instrs {
			w.step(state, in)
		}
		for i, next := range b.Succs {
			out := w.refine(state, b, i)
			if s.in[next] == nil {
				s.in[next] = out
				work = append(work, next)
			} else if s.in[next].merge(out) {
				work = append(work, next)
			}
		}
	}
	w.summarize(fn, s)
	return s
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// step applies an instruction.
func (w *World) step(state *lockState, in ssa.Instruction) {
	call, ok := in.(ssa.CallInstruction)
	if !ok {
		if _, ok := in.(*ssa.RunDefers); ok {
			for key := range state.deferred {
				delete(state.held, key)
				for held, h := range state.held {
					if h.chosen && key == h.mode+someChosen {
						delete(state.held, held)
					}
				}
			}
		}
		return
	}
	if _, ok := call.(*ssa.Go); ok {
		return
	}
	deferred, isDefer := call.(*ssa.Defer)
	for _, op := range w.opAt[in] {
		switch op.Kind {
		case "lock", "rlock":
			if !isDefer {
				key, path := w.lockKey(op.Kind, op.Operand, op.Expr)
				state.held[key] = hold{op: op, path: path, site: in, mode: op.Kind, always: !op.Maybe}
			}
		case "unlock", "runlock":
			mode := map[string]string{"unlock": "lock", "runlock": "rlock"}[op.Kind]
			key, _ := w.lockKey(mode, op.Operand, op.Expr)
			if isDefer {
				state.deferred[key] = deferred
			} else {
				delete(state.held, key)
			}
		}
	}
	if w.mayRunMore(call) {
		w.stepInto(state, call, deferred)
	}
}

// mayRunMore: through an interface, a call may run Lock of package sync or one that the program wrote.
func (w *World) mayRunMore(call ssa.CallInstruction) bool {
	return len(w.opAt[call]) == 0 || call.Common().IsInvoke()
}

// stepInto applies what a called function does with locks that it was given.
func (w *World) stepInto(state *lockState, call ssa.CallInstruction, deferred *ssa.Defer) {
	callees := w.callees[call]
	if len(callees) == 0 || len(callees) > 4 {
		return
	}
	for _, fn := range callees {
		if !w.touching[fn] {
			continue
		}
		s := w.summaryOf(fn)
		for _, given := range s.released {
			for _, p := range w.inCaller(given.path, fn, call, 0) {
				key := given.mode + " " + p.key()
				isChosen := p.root == rootHeap || p.isSome()
				if isChosen {
					key = given.mode + someChosen
				}
				switch {
				case deferred != nil:
					state.deferred[key] = deferred
				case isChosen:
					state.giveBackChosen(given.mode)
				default:
					delete(state.held, key)
				}
			}
		}
		if deferred != nil {
			continue
		}
		for _, taken := range s.acquired {
			paths := w.inCaller(taken.path, fn, call, 0)
			always := taken.always && len(callees) == 1
			if len(paths) != 1 || paths[0].root == rootHeap || paths[0].isSome() {
				// One that is held on some ways only may be a loop that takes and one that gives back.
				if taken.always {
					key := chosenKey(taken.mode, taken.op, call)
					state.held[key] = hold{op: taken.op, path: heapPath(), site: call, mode: taken.mode, always: always, chosen: true}
				}
				continue
			}
			key := taken.mode + " " + paths[0].key()
			state.held[key] = hold{op: taken.op, path: paths[0], site: call, mode: taken.mode, always: always}
		}
	}
}

// refine: behind `if mu.TryLock()`, and behind `if err := s.Acquire(ctx, 1); err != nil`, the lock or semaphore is taken
// for certain, or not at all.
func (w *World) refine(state *lockState, b *ssa.BasicBlock, branch int) *lockState {
	out := state.copy()
	cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok {
		return out
	}
	call, ok := cond.Cond.(*ssa.Call)
	taken := branch == 0
	if not, isNot := cond.Cond.(*ssa.UnOp); isNot && not.Op.String() == "!" {
		call, ok = not.X.(*ssa.Call)
		taken = !taken
	}
	if compared, isComparison := cond.Cond.(*ssa.BinOp); isComparison && isNil(compared.Y) {
		call, ok = compared.X.(*ssa.Call)
		if compared.Op != token.EQL && compared.Op != token.NEQ {
			return out
		}
		// An error says that it was not taken.
		taken = (compared.Op == token.EQL) == (branch == 0)
	}
	if !ok {
		return out
	}
	for _, op := range w.opAt[call] {
		if !op.Maybe {
			continue
		}
		key, path := w.lockKey(op.Kind, op.Operand, op.Expr)
		if taken {
			out.held[key] = hold{op: op, path: path, site: call, mode: op.Kind, always: true}
		} else {
			delete(out.held, key)
		}
	}
	return out
}

// leavesOrGives tells whether a function may return with a lock, returns an unlock, or gives a lock back that it has not
// taken. Locks or unlocks alone say so at once.
func (w *World) leavesOrGives(fn *ssa.Function) bool {
	locks, unlocks := 0, 0
	for _, op := range w.opsOf[fn] {
		switch op.Kind {
		case "lock", "rlock":
			locks++
		case "unlock", "runlock":
			unlocks++
		}
	}
	if locks == 0 || unlocks == 0 || len(w.unlocksOf(fn)) > 0 {
		return true
	}
	s := w.summaryOf(fn)
	return len(s.acquired) > 0 || len(s.released) > 0
}

// holdsSomewhere tells whether a function takes the lock at a path itself.
func (w *World) holdsSomewhere(fn *ssa.Function, mode string, p Path) bool {
	if p.root == rootHeap {
		return false
	}
	key := mode + " " + p.key()
	s := w.summaryOf(fn)
	for _, b := range fn.Blocks {
		if s.in[b] == nil {
			continue
		}
		if _, ok := s.in[b].held[key]; ok {
			return true
		}
		for _, in := range b.Instrs {
			for _, op := range w.opAt[in] {
				if op.Kind == mode {
					if other, _ := w.lockKey(mode, op.Operand, op.Expr); other == key {
						return true
					}
				}
			}
		}
	}
	return false
}
