package facts

import "testing"

func TestLocksAreToldApartByTypeAndOwner(t *testing.T) {
	p := program(t, `
type a struct{ mu sync.Mutex }
type b struct{ mu sync.Mutex; other sync.Mutex }
func (x *a) f() { x.mu.Lock() } // a
func (x *a) g() { x.mu.Unlock() } // ua
func (x *b) f() { x.mu.Lock() } // b
func (x *b) g() { x.mu.Unlock(); x.other.Lock() } // ub
var global sync.Mutex
func h() { global.Lock() } // global
func main() { (&a{}).f(); (&a{}).g(); (&b{}).f(); (&b{}).g(); h() }`)
	p.is("a", p.same("a"), "unlock ua")
	p.is("b", p.same("b"), "unlock ub")
	p.is("global", p.same("global"))
}

func TestEmbeddedAndPointerLocksAreFollowed(t *testing.T) {
	p := program(t, `
type in struct{ sync.RWMutex }
type out struct{ in; p *sync.Mutex }
func (x *out) f() { x.RLock() } // rlock
func (x *out) g() { x.in.RWMutex.RUnlock() } // runlock
func (x *out) h() { x.p.Lock() } // lock
func (x *out) i() { mu := x.p; mu.Unlock() } // unlock
func main() { mu := new(sync.Mutex); x := &out{p: mu}; x.f(); x.g(); x.h(); x.i(); mu.Lock() } // main`)
	p.is("rlock", p.same("rlock"), "runlock runlock")
	p.is("lock", p.same("lock"), "unlock unlock", "lock main")
}

func TestALockerIsTheLockThatIsInIt(t *testing.T) {
	p := program(t, `
type none struct{}
func (none) Lock() {}
func (none) Unlock() {}
type s struct{ l sync.Locker }
func (x *s) f() { x.l.Lock() } // lock
func (x *s) g() { x.l.Unlock() } // unlock
var mu, other sync.Mutex
func main() { a, b := &s{&mu}, &s{none{}}; a.f(); a.g(); b.f(); other.Unlock() }
func k() { mu.Unlock() } // k
func init() { k() }`)
	p.has("lock", p.same("lock"), "unlock unlock", "unlock k")
}

func TestTheLockOfAConditionIsFollowed(t *testing.T) {
	p := program(t, `
type q struct{ mu sync.Mutex; c *sync.Cond; d *sync.Cond }
func (x *q) f() { x.c.L.Lock() } // lock
func (x *q) g() { x.mu.Unlock() } // unlock
func (x *q) w() { x.c.Wait() } // wait
func (x *q) s() { x.c.Signal() } // signal
func (x *q) t() { x.d.Broadcast() } // other
func main() { x := &q{}; x.c = sync.NewCond(&x.mu); x.d = sync.NewCond(&x.mu); x.f(); x.g(); x.w(); x.s(); x.t() }`)
	p.has("lock", p.same("lock"), "unlock unlock")
	p.is("wait", p.same("wait"), "signal signal")
}

func TestWaitGroupsAreDoneByAddBelowZeroAndByGo(t *testing.T) {
	needsGo(t, 25)
	p := program(t, `
func main() {
	var wg, other sync.WaitGroup
	wg.Add(2)
	wg.Add(-1) // add
	wg.Go(func() { work() })
	go func() { defer wg.Done() }() // done
	other.Done()
	wg.Wait() // wait
}
func work() {}`)
	p.has("wait", p.same("wait"), "done add", "done done")
	for _, g := range p.same("wait") {
		if g == "done a.go:9" {
			t.Error("the other one is done")
		}
	}
}

func TestAFrameHoldsWhatItHasTaken(t *testing.T) {
	head := `
type s struct{ mu, b sync.Mutex; rw sync.RWMutex }
func work() {
	select {} // parked
}
func other() {}
func main() { (&s{}).f(true, nil) }
func (s *s) f(x bool, c chan int) {
`
	for name, test := range map[string]struct {
		body string
		lock string
		want []string
	}{
		"between Lock and Unlock": {"s.mu.Lock() // take\n work() // here\n s.mu.Unlock()", "take", []string{"lock take by 0"}},
		"not after it":            {"s.mu.Lock() // take\n s.mu.Unlock()\n work() // here", "take", nil},
		"until a deferred call":   {"s.mu.Lock() // take\n defer s.mu.Unlock()\n work() // here", "take", []string{"lock take by 0"}},
		"perhaps behind a branch that takes": {"if x {\n s.mu.Lock() // take\n }\n work() // here", "take",
			[]string{"lock take by 0?"}},
		"perhaps behind one that gives back": {"s.mu.Lock() // take\n if x {\n s.mu.Unlock()\n }\n work() // here", "take",
			[]string{"lock take by 0?"}},
		"for certain past one that leaves": {"s.mu.Lock() // take\n if x {\n s.mu.Unlock()\n return\n }\n work() // here\n s.mu.Unlock()", "take",
			[]string{"lock take by 0"}},
		"from the turn of a loop before": {"for {\n work() // here\n s.mu.Lock() // take\n if x {\n continue\n }\n s.mu.Unlock()\n }", "take",
			[]string{"lock take by 0?"}},
		"not behind a switch whose cases give it back": {"s.mu.Lock() // take\n switch {\n case x:\n s.mu.Unlock()\n default:\n s.mu.Unlock()\n }\n work() // here",
			"take", nil},
		"behind TryLock that got it":          {"if s.mu.TryLock() { // take\n work() // here\n s.mu.Unlock()\n }", "take", []string{"lock take by 0"}},
		"not behind one that did not":         {"if !s.mu.TryLock() { // take\n work() // here\n return\n }\n s.mu.Unlock()", "take", nil},
		"in a literal that is called at once": {"s.mu.Lock() // take\n func() { s.mu.Unlock() }()\n work() // here", "take", nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, head+test.body+"\n}")
			stack := p.stack("runtime.gopark", "main.work@parked", "main.(*s).f@here")
			p.is("held", p.holders(p.answer(test.lock, "lock", stack)), test.want...)
		})
	}
}

func TestALockIsHeldThatAWrapperTook(t *testing.T) {
	p := program(t, `
type tree struct{ mu sync.RWMutex; safe bool }
func (x *tree) lock() { if x.safe { x.mu.Lock() } } // take
func (x *tree) unlock() { if x.safe { x.mu.Unlock() } }
type store struct{ mu sync.Mutex }
func (x *store) begin() func() { x.mu.Lock(); return x.mu.Unlock } // begin
func work() {
	select {} // parked
}
func (x *tree) put() {
	x.lock() // locked
	defer x.unlock()
	work() // put
}
func (x *store) add() {
	x.begin() // begun
	work() // add
}
func main() { (&tree{}).put(); (&store{}).add() }`)
	stack := p.stack("runtime.gopark", "main.work@parked", "main.(*tree).put@put")
	p.is("conditionally", p.holders(p.answer("take", "lock", stack)), "lock locked by 0?")
	stack = p.stack("runtime.gopark", "main.work@parked", "main.(*store).add@add")
	p.is("always", p.holders(p.answer("begin/lock", "lock", stack)), "lock begun by 0")
}

func TestReadersAreHoldersOfTheirOwn(t *testing.T) {
	p := program(t, `
type s struct{ mu sync.RWMutex }
func work() {
	select {} // parked
}
func (x *s) f() {
	x.mu.RLock() // rlock
	work() // here
	x.mu.RUnlock()
}
func (x *s) g() { x.mu.Lock(); x.mu.Unlock() } // lock
func main() { x := &s{}; x.f(); x.g() }`)
	stack := p.stack("runtime.gopark", "main.work@parked", "main.(*s).f@here")
	p.is("drain", p.holders(p.answer("lock/lock", "drain", stack)), "rlock rlock by 0")
	p.is("lock", p.holders(p.answer("lock/lock", "lock", stack)))
}

func TestAReturnWithTheLockIsALeak(t *testing.T) {
	leaks := func(body string) []string {
		p := program(t, "type s struct{ mu sync.Mutex }\nfunc main() { (&s{}).f(true) }\nfunc (s *s) f(x bool) {\n"+body+"\n}")
		out := map[string]bool{}
		for _, l := range p.answer("take", "lock").Leaks {
			out[p.at(l.File, l.Line)] = true
		}
		return sortedNames(out)
	}
	p := &told{T: t}
	p.is("an early one", leaks("s.mu.Lock() // take\n if x {\n return // early\n }\n s.mu.Unlock()"), "early")
	p.is("a panic", leaks("s.mu.Lock() // take\n if x {\n panic(1) // panics\n }\n s.mu.Unlock()"), "panics")
	p.is("a panic with a deferred unlock", leaks("s.mu.Lock() // take\n defer s.mu.Unlock()\n if x {\n panic(1)\n }"))
	p.is("a deferred literal", leaks("s.mu.Lock() // take\n defer func() { s.mu.Unlock() }()\n if x {\n return\n }"))
	p.is("TryLock", leaks("if !s.mu.TryLock() { // take\n return\n }\n if x {\n return // early\n }\n s.mu.Unlock()"), "early")
	p.is("a wrapper", leaks("s.mu.Lock() // take"))
}

func TestDeferredCallsRunBackwards(t *testing.T) {
	p := program(t, `
type s struct{ mu sync.Mutex }
func late() {
	select {} // parked
}
func (x *s) f() {
	defer late()
	x.mu.Lock() // take
	defer x.mu.Unlock()
	return // here
}
func main() { (&s{}).f() }`)
	stack := p.stack("runtime.gopark", "main.late@parked", "main.(*s).f@here")
	for _, h := range p.holders(p.answer("take", "lock", stack)) {
		if h == "lock take by 0" {
			t.Error("it runs with the lock for certain")
		}
	}
}

func TestOneWhoUnlocksForOthersIsBare(t *testing.T) {
	p := program(t, `
type b struct{ mu sync.Mutex; c chan int }
func (x *b) take() { x.mu.Lock(); x.c <- 1 } // take
func (x *b) give() { for range x.c { x.mu.Unlock() } } // give
func (x *b) own() { x.mu.Lock(); x.mu.Unlock() } // own
func main() { x := &b{c: make(chan int)}; go x.give(); x.take(); x.own() }`)
	for _, o := range p.answer("take/lock", "lock").Operations {
		if want := p.at(o.File, o.Line) == "give"; o.Bare != want {
			t.Errorf("%s is bare: %v", p.at(o.File, o.Line), o.Bare)
		}
	}
}

func TestTwoElementsAreTwoLocks(t *testing.T) {
	p := program(t, `
type shard struct{ mu sync.Mutex }
type store struct{ shards []*shard }
func work() {
	select {} // parked
}
func (s *store) move(i, j int) {
	s.shards[i].mu.Lock() // first
	s.shards[j].mu.Lock() // second
	s.shards[j].mu.Unlock()
	work() // here
	s.shards[i].mu.Unlock()
}
func main() { (&store{}).move(1, 2) }`)
	at := p.stack("runtime.gopark", "main.work@parked", "main.(*store).move@here")
	p.has("held", p.holders(p.answer("second", "lock", at)), "lock first by 0")
	at = p.stack("runtime.gopark", "sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock", "main.(*store).move@second")
	for _, h := range p.answer("second", "lock", at).Holders {
		if h.Own {
			t.Error("it waits for its own lock")
		}
	}
}

func TestASignalOfAConditionThatLiesInAStructIsFound(t *testing.T) {
	p := program(t, `
type buf struct {
	sync.Mutex
	notEmpty, notFull sync.Cond
	items []int
}
func newBuf() *buf { b := &buf{}; b.notEmpty.L, b.notFull.L = b, b; return b }
func (b *buf) put(v int) {
	b.Lock()
	defer b.Unlock()
	for len(b.items) >= 2 { b.notFull.Wait() }
	b.notEmpty.Signal() // signal
}
func await(c *sync.Cond, ok func() bool) {
	for !ok() {
		c.Wait() // wait
	}
}
func (b *buf) get() {
	b.notEmpty.L.Lock()
	defer b.notEmpty.L.Unlock()
	await(&b.notEmpty, func() bool { return len(b.items) > 0 }) // await
	b.notFull.Broadcast()
}
func main() {
	b := newBuf()
	go func() {
		for i := 0; ; i++ {
			b.put(i)
			time.Sleep(1) // sleep
		}
	}()
	for {
		b.get() // get
	}
}`)
	waits := p.stack("runtime.gopark", "sync.(*Cond).Wait", "main.await@wait", "main.(*buf).get@await", "main.main@get")
	sleeps := p.stack("runtime.gopark", "time.Sleep", "main.main.func1@sleep")
	c := p.answer("wait", "notify", waits, sleeps)
	p.is("signals", p.comers(c), "signal signal by 1")
	for _, g := range c.Gates {
		if len(g.Closed) > 0 {
			t.Errorf("who waits keeps the lock: %+v", g)
		}
	}
}

func TestWhoWaitsForAConditionKeepsOtherLocksOnly(t *testing.T) {
	p := program(t, `
type q struct{ mu, outer sync.Mutex; c *sync.Cond }
func (x *q) get() {
	x.outer.Lock() // outer
	x.mu.Lock() // inner
	x.c.Wait() // wait
	x.mu.Unlock()
	x.outer.Unlock()
}
func main() { x := &q{}; x.c = sync.NewCond(&x.mu); x.get() }`)
	waits := p.stack("runtime.gopark", "sync.(*Cond).Wait", "main.(*q).get@wait")
	p.is("outer", p.holders(p.answer("outer", "lock", waits)), "lock outer by 0")
	p.is("inner", p.holders(p.answer("inner", "lock", waits)))
}

func TestALockOutOfAMapIsGivenBackByAnotherFunction(t *testing.T) {
	p := program(t, `
type locks struct { mu sync.RWMutex; m map[string]*sync.Mutex }
func (l *locks) take(name string) {
	l.mu.Lock()
	l.m[name].Lock() // taken
	l.mu.Unlock()
}
func (l *locks) give(name string) {
	l.mu.RLock() // here
	l.m[name].Unlock() // given
	l.mu.RUnlock()
}
func main() {
	l := &locks{m: map[string]*sync.Mutex{"a": {}}}
	l.take("a")
	l.give("a")
}`)
	stack := p.stack("sync.runtime_SemacquireRWMutexR", "main.(*locks).give@here", "main.main")
	c := p.answer("taken", "lock", stack)
	if len(c.Leaks) > 0 {
		t.Errorf("whoever takes it leaves that to give: %+v", c.Leaks)
	}
	for _, op := range c.Operations {
		if p.at(op.File, op.Line) == "given" && !op.Bare {
			t.Errorf("%+v", op)
		}
	}
	p.has("comers", p.comers(c), "unlock given by 0")
}

func TestALockOutOfAMapThatNobodyElseGivesBackIsLeaked(t *testing.T) {
	p := program(t, `
type locks struct { mu sync.Mutex; m map[string]*sync.Mutex }
func (l *locks) take(name string) {
	l.mu.Lock()
	l.m[name].Lock() // taken
	l.mu.Unlock()
}
func main() {
	l := &locks{m: map[string]*sync.Mutex{"a": {}}}
	l.take("a")
	l.take("a")
}`)
	if c := p.answer("taken", "lock"); len(c.Leaks) != 1 {
		t.Errorf("%+v", c.Leaks)
	}
}

func TestALocalVariableBesideAPackageVariableOfItsNameIsNotRead(t *testing.T) {
	p := program(t, `
var c chan int
func put(c chan int) {
	time.Sleep(time.Hour) // here
	c <- 1 // send
}
func take(own chan int) { <-own } // wait
func main() { own := make(chan int); go put(own); take(own) }`)
	stack := p.stack("time.Sleep", "main.put@here")
	for _, o := range p.answer("wait", "receive", stack).Operations {
		if p.at(o.File, o.Line) == "send" && o.Kind == "send" {
			if len(o.OnStack) != 1 || o.OnStack[0].Expr != "" {
				t.Errorf("%+v", o.OnStack)
			}
			return
		}
	}
	t.Error("the send was not found")
}

func TestALockThatIsGivenBackToWaitKeepsNobodyOut(t *testing.T) {
	p := program(t, `
type stream struct { mu sync.Mutex; ready chan int; frames int }
func (s *stream) read() {
	s.mu.Lock() // taken
	s.next() // next
	s.mu.Unlock()
}
func (s *stream) next() {
	for s.frames == 0 {
		s.mu.Unlock()
		<-s.ready // wait
		s.mu.Lock()
	}
}
func (s *stream) handle() {
	s.mu.Lock()
	s.frames++
	select {
	case s.ready <- 1: // signal
	default:
	}
	s.mu.Unlock()
}
func main() {
	s := &stream{ready: make(chan int, 1)}
	go s.read()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.handle() })
}`)
	stack := p.stack("runtime.gopark", "runtime.chanrecv1", "main.(*stream).next@wait", "main.(*stream).read@next")
	for _, g := range p.answer("wait", "receive", stack).Gates {
		if len(g.Closed) > 0 {
			t.Errorf("somebody is in the gate: %+v", g.Closed)
		}
	}
	for _, h := range p.answer("taken", "lock", stack).Holders {
		if h.GivenBack == "" {
			t.Errorf("it has the lock still: %+v", h)
		}
	}
}
