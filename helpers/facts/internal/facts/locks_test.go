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
