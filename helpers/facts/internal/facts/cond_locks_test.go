package facts

import "testing"

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
