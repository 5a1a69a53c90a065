package facts

import (
	"strings"
	"testing"
)

// spin is the loop that a goroutine spins in, as `atomic a.ready`; "" where it does not.
func (p *told) spin(frames ...string) string {
	p.Helper()
	stack := p.stack(frames...)
	stack.Parked = false
	s := p.w.Resolve([]Stack{stack})
	for i := range frames {
		if found := p.w.Spins(s, 0, i); found != nil {
			names := []string{found.Kind}
			for _, name := range found.Asked {
				names = append(names, name.Name)
			}
			for _, change := range found.Changers {
				names = append(names, "set in "+change.Function)
			}
			return strings.Join(names, ", ")
		}
	}
	return ""
}

// Most of it is one program: a function for each loop, named by the comment behind it.
func TestLoopsThatOnlyOthersEndSpin(t *testing.T) {
	p := program(t, `
type gate struct{ open atomic.Bool; old int32; flag bool; mu sync.Mutex; c, quit chan int; owner atomic.Int64 }
func (g *gate) atomic() {
	for !g.open.Load() { // atomic
	}
}
func (g *gate) yields() {
	spins := 0
	for atomic.LoadInt32(&g.old) == 0 {
		spins++
		if spins > 100 {
			runtime.Gosched() // yields
			spins = 0
		}
	}
}
func (g *gate) memory() {
	for !g.flag { // memory
	}
}
func (g *gate) isOpen() bool { return g.open.Load() } // isOpen
func (g *gate) called() {
	for {
		if g.isOpen() { // called
			return
		}
	}
}
func (g *gate) isLocked() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.flag }
func (g *gate) underLock() {
	for !g.isLocked() { // underLock
	}
}
func (g *gate) offer(v int) {
	for {
		select { // offer
		case g.c <- v: // offers
			return
		default:
		}
	}
}
func (g *gate) worker() {
	for {
		select { // worker
		case v := <-g.c:
			print(v)
		default:
		}
	}
}
func (g *gate) lock() {
	for !g.mu.TryLock() { // lock
	}
}
func (g *gate) both(other *gate) {
	for {
		g.mu.Lock()
		if other.mu.TryLock() { // both
			return
		}
		g.mu.Unlock()
	}
}
func (g *gate) spinlock() {
	for !atomic.CompareAndSwapInt32(&g.old, 0, 1) { // spinlock
	}
}
func (g *gate) forever() {
	for { // forever
	}
}
func (g *gate) set() { g.open.Store(true); atomic.StoreInt32(&g.old, 1); g.flag = true }
func main() {
	g := &gate{}
	go g.atomic(); go g.yields(); go g.memory(); go g.called(); go g.underLock(); go g.offer(1); go g.worker()
	go g.lock(); go g.both(g); go g.spinlock(); go g.forever()
	g.set()
}`)
	for _, c := range [][2]string{
		{"atomic", "atomic, main.gate.open, set in main.(*gate).set"},
		{"yields", "atomic, main.gate.old, set in main.(*gate).spinlock, set in main.(*gate).set"},
		{"memory", "memory, main.gate.flag, set in main.(*gate).set"},
		{"called", "atomic, main.gate.open, set in main.(*gate).set"},
		{"underLock", "memory, main.gate.flag, set in main.(*gate).set"},
		{"offer", "channel, main.gate.c, set in main.(*gate).worker"},
		{"worker", "channel, main.gate.c, set in main.(*gate).offer"},
		{"lock", "try-lock, main.gate.mu, set in main.(*gate).isLocked, set in main.(*gate).both"},
		{"both", "try-lock, main.gate.mu, set in main.(*gate).isLocked, set in main.(*gate).both"},
		{"spinlock", "atomic, main.gate.old, set in main.(*gate).set"},
	} {
		if got := p.spin("main.(*gate)." + c[0] + "@" + c[0]); got != c[1] {
			t.Errorf("%s: %q, not %q", c[0], got, c[1])
		}
	}
	if got := p.spin("runtime.selectnbsend", "main.(*gate).offer@offers"); !strings.HasPrefix(got, "channel") {
		t.Errorf("at a case of a select: %q", got)
	}
	if got := p.spin("main.(*gate).isOpen@isOpen", "main.(*gate).called@called"); !strings.HasPrefix(got, "atomic") {
		t.Errorf("in a function that the loop calls: %q", got)
	}
}

// Most of it is one program, as above.
func TestLoopsThatWorkOrEndByThemselvesDoNotSpin(t *testing.T) {
	p := program(t, `
type work struct{ done chan int; total, stop int64; mu sync.Mutex; jobs chan int; next *work }
func (w *work) hash() {
	var sum int
	for {
		select {
		case <-w.done:
			print(sum)
			return
		default:
			sum = sum*31 + 7 // hash
		}
	}
}
func (w *work) count() {
	for i := 0; i < 1000; i++ {
		if atomic.LoadInt64(&w.stop) != 0 { // count
			return
		}
	}
}
func (w *work) clock() {
	end := time.Now().Add(time.Second)
	for time.Now().Before(end) { // clock
		if atomic.LoadInt64(&w.stop) != 0 {
			return
		}
	}
}
func (w *work) sleeps() {
	for atomic.LoadInt64(&w.stop) == 0 { // sleeps
		time.Sleep(time.Millisecond)
	}
}
func (w *work) raise(by int64) {
	for {
		old := atomic.LoadInt64(&w.total) // raise
		if atomic.CompareAndSwapInt64(&w.total, old, old+by) {
			return
		}
	}
}
func (w *work) serve() {
	for {
		select {
		case <-w.done:
			return
		default:
		}
		w.step() // serve
	}
}
func (w *work) step() { <-w.jobs }
func (w *work) last() *work {
	for w.next != nil {
		w = w.next // last
	}
	return w
}
func (w *work) own() {
	w.stop = 0
	for w.stop < 1000 {
		w.stop++ // own
	}
}
func main() {
	w := &work{}
	go w.hash(); go w.count(); go w.clock(); go w.sleeps(); go w.raise(1); go w.serve(); go w.last(); go w.own()
	close(w.done)
}`)
	for _, name := range []string{"hash", "count", "clock", "sleeps", "raise", "serve", "last", "own"} {
		if got := p.spin("main.(*work)." + name + "@" + name); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
