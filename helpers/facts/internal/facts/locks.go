package facts

import (
	"fmt"
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// A hold is a lock that an activation has taken and not given back.
type hold struct {
	op   *Op  // the Lock call, in this function or in one that it called
	path Path // the object, seen from this function
	site ssa.Instruction
	mode string // lock or rlock
	// always: on every way that leads there; otherwise on some.
	always bool
	// chosen: which object it is, a called function decided.
	chosen bool
}

// A lockState is what is held at a point, by mode and object; and which locks a deferred call gives back. Locks that a
// called function chose (by a key, out of a container) are told apart by their calls; a call that gives back some lock
// of that kind gives back the only one there is, or any.
type lockState struct {
	held     map[string]hold
	deferred map[string]*ssa.Defer
}

// chosenKey tells a lock that a called function chose; which it is only that function knows.
func chosenKey(mode string, op *Op, call ssa.Instruction) string {
	return fmt.Sprintf("%s chosen by %d at %p", mode, op.ID, call)
}

const someChosen = " some chosen"

// giveBackChosen ends the hold of the only lock that was chosen, or makes all of them uncertain.
func (s *lockState) giveBackChosen(mode string) {
	var keys []string
	for key, h := range s.held {
		if h.chosen && h.mode == mode {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if len(keys) == 1 {
			delete(s.held, key)
			continue
		}
		s.doubt(key)
	}
}

// doubt: it may have been given back.
func (s *lockState) doubt(key string) {
	if h, ok := s.held[key]; ok {
		h.always = false
		s.held[key] = h
	}
}

func newState() *lockState {
	return &lockState{held: map[string]hold{}, deferred: map[string]*ssa.Defer{}}
}

func (s *lockState) copy() *lockState {
	out := newState()
	for k, v := range s.held {
		out.held[k] = v
	}
	for k, v := range s.deferred {
		out.deferred[k] = v
	}
	return out
}

// merge is what holds where two ways meet; it reports whether s changed.
func (s *lockState) merge(other *lockState) bool {
	changed := false
	for k, v := range s.held {
		if o, ok := other.held[k]; v.always && (!ok || !o.always) {
			v.always = false
			s.held[k] = v
			changed = true
		}
	}
	for k, v := range other.held {
		if _, ok := s.held[k]; !ok {
			v.always = false
			s.held[k] = v
			changed = true
		}
	}
	for k := range s.deferred {
		if other.deferred[k] == nil {
			delete(s.deferred, k)
			changed = true
		}
	}
	return changed
}

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
