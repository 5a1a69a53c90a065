package facts

import (
	"fmt"
	"go/ast"
	"sort"

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

// A leak is a return, or a panic, that leaves a lock taken.
type leak struct {
	fn   *ssa.Function
	at   ssa.Instruction
	key  string
	hold hold
}

// A lockSummary says what a function does with locks as a whole.
type lockSummary struct {
	in       map[*ssa.BasicBlock]*lockState
	acquired []hold // held when it returns, on all or some ways
	released []hold // given back without having been taken
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

// refine: behind `if mu.TryLock()` the lock is taken for certain, or not at all.
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
				leaks = append(leaks, leak{fn, ret, key, h})
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
			out = append(out, leak{fn, panics, key, h})
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
				if _, held := state.held[key]; !held && path.root != rootHeap {
					add(key, hold{op: op, path: path, site: in, mode: mode, always: dominatesReturns(fn, in)})
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

func dominatesReturns(fn *ssa.Function, in ssa.Instruction) bool {
	return passesAllReturns(fn, in.Block(), indexIn(in))
}

// heldAt is what an activation holds where it stands: before its instruction is done.
func (w *World) heldAt(a *activation) []hold {
	s := w.summaryOf(a.fn)
	if !s.takes && len(loopBodies(a.fn)) == 0 {
		return nil
	}
	var merged *lockState
	for _, p := range a.points {
		if p.lost {
			return w.heldAnywhere(a.fn, s)
		}
		if p.entry {
			continue
		}
		state := newState()
		if in := s.in[p.block]; in != nil {
			state = in.copy()
		} else if s.takes {
			continue
		}
		for i := 0; i < p.index; i++ {
			w.step(state, p.block.Instrs[i])
		}
		if _, ok := p.block.Instrs[p.index].(*ssa.RunDefers); ok {
			w.amongDefers(a.fn, state, p.deferred)
		}
		if merged == nil {
			merged = state
		} else {
			merged.merge(state)
		}
	}
	if merged == nil {
		return nil
	}
	w.addHeldByLoops(a.fn, merged)
	keys := make([]string, 0, len(merged.held))
	for key := range merged.held {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	out := make([]hold, 0, len(keys))
	for _, key := range keys {
		out = append(out, merged.held[key])
	}
	return out
}

// heldAnywhere: where a function stands is not known, so that it may hold whatever it takes.
func (w *World) heldAnywhere(fn *ssa.Function, s *lockSummary) []hold {
	state := newState()
	for _, in := range s.in {
		state.merge(in)
	}
	for _, op := range w.opsOf[fn] {
		if op.Kind == "lock" || op.Kind == "rlock" {
			key, path := w.lockKey(op.Kind, op.Operand, op.Expr)
			state.held[key] = hold{op: op, path: path, site: op.Instr, mode: op.Kind}
		}
	}
	w.addHeldByLoops(fn, state)
	var out []hold
	for _, h := range state.held {
		h.always = false
		out = append(out, h)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].op.ID < out[j].op.ID })
	return out
}

// isLoopBody: of a loop over a function. What it defers runs when the function around it returns.
func isLoopBody(fn *ssa.Function) bool {
	_, ok := fn.Syntax().(*ast.RangeStmt)
	return ok
}

func loopBodies(fn *ssa.Function) []*ssa.Function {
	var out []*ssa.Function
	for _, literal := range fn.AnonFuncs {
		if isLoopBody(literal) {
			out = append(append(out, literal), loopBodies(literal)...)
		}
	}
	return out
}

// addHeldByLoops: locks that the body of a loop has taken and whose unlock it has deferred may be held until the function
// around it returns, one for each round.
func (w *World) addHeldByLoops(fn *ssa.Function, state *lockState) {
	for _, body := range loopBodies(fn) {
		for _, h := range w.summaryOf(body).acquired {
			key := chosenKey(h.mode, h.op, h.site)
			state.held[key] = hold{op: h.op, path: heapPath(), site: h.site, mode: h.mode, chosen: true}
		}
	}
}

// amongDefers: deferred calls run in reverse. What was deferred before the unlock runs without the lock, what was deferred
// behind it still has it.
func (w *World) amongDefers(fn *ssa.Function, state *lockState, running *ssa.Defer) {
	if running != nil && !w.isInLoop(running) {
		for key, d := range state.deferred {
			switch {
			case d == running || dominates(d, running):
			case dominates(running, d):
				delete(state.held, key)
			default:
				state.doubt(key)
			}
		}
		return
	}
	var first *ssa.Defer
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.Defer); ok && (first == nil || d.Pos() < first.Pos()) {
				first = d
			}
		}
	}
	for key, d := range state.deferred {
		if d != first {
			state.doubt(key)
		}
	}
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
}

// leavesOrGives is a rough count: a function with as many locks as unlocks keeps to itself.
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
	return locks == 0 || unlocks == 0
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
