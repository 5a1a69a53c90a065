package facts

import (
	"strings"
	"testing"
)

// released are the ways to a release of the semaphore in a text.
func released(t *testing.T, text string) (*told, []string) {
	p := program(t, `
var sem = make(chan int, 4)
func work() {}
func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { handle(r) }) } // main
`+text)
	return p, p.ways("release/receive")
}

func isOpenWay(ways []string) bool {
	for _, way := range ways {
		if strings.HasPrefix(way, "open: ") {
			return true
		}
	}
	return false
}

func TestASemaphoreIsAcquiredBeforeItIsReleased(t *testing.T) {
	const acquire = "func acquire() { sem <- 1 }\nfunc release() { <-sem } // release\n"
	for name, text := range map[string]string{
		"by a function":         acquire + "func handle(r *http.Request) { work(); acquire(); defer release(); work() }",
		"itself":                "func handle(r *http.Request) { sem <- 1; work(); <-sem } // release",
		"for a goroutine":       "func handle(r *http.Request) {\n sem <- 1\n go func() {\n defer func() { <-sem }() // release\n work()\n }()\n}",
		"by a method of a pool": "type pool struct{ sem chan int }\nfunc (p *pool) get() { p.sem <- 1 }\nfunc (p *pool) put() { <-p.sem } // release\nvar common = &pool{sem: sem}\nfunc handle(r *http.Request) { use(common) }\nfunc use(p *pool) { p.get(); defer p.put(); work() }",
		"with a way out":        "func handle(r *http.Request) {\n select {\n case sem <- 1:\n case <-r.Context().Done():\n return\n }\n work()\n <-sem // release\n}",
	} {
		if _, ways := released(t, text); isOpenWay(ways) {
			t.Errorf("%s: %q", name, ways)
		}
	}
}

func TestWhatSomePathGoesAroundIsNoGate(t *testing.T) {
	const acquire = "func acquire() { sem <- 1 }\nfunc release() { <-sem } // release\n"
	for name, text := range map[string]string{
		"a condition":                    acquire + "func handle(r *http.Request) {\n if r != nil {\n acquire()\n }\n release()\n}",
		"an early return":                "func acquire() {\n if len(sem) == 0 {\n return\n }\n sem <- 1\n}\nfunc release() { <-sem } // release\nfunc handle(r *http.Request) { acquire(); release() }",
		"a select that does not wait":    acquire + "func handle(r *http.Request) {\n select {\n case sem <- 1:\n default:\n }\n release()\n}",
		"another goroutine":              acquire + "func handle(r *http.Request) { go acquire(); release() }",
		"a loop":                         acquire + "func handle(r *http.Request) {\n for range r.Header {\n acquire()\n }\n release()\n}",
		"what is evaluated now and then": acquire + "func try() bool { acquire(); return true }\nfunc handle(r *http.Request) { _ = r != nil && try(); release() }",
		"the wrong order":                acquire + "func handle(r *http.Request) { defer release(); acquire() }",
		"a literal":                      acquire + "func handle(r *http.Request) { f := func() { acquire() }; _ = f; release() }",
		"a jump":                         acquire + "func handle(r *http.Request) {\n if r == nil {\n goto out\n }\n acquire()\nout:\n release()\n}",
		"a recover in the way":           "func acquire() {\n defer func() { recover() }()\n work()\n sem <- 1\n}\nfunc release() { <-sem } // release\nfunc handle(r *http.Request) { acquire(); release() }",
		"another channel":                "type pool struct{ sem chan int }\nfunc (p *pool) get() { p.sem <- 1 }\nfunc (p *pool) put() { <-p.sem } // release\nvar a, b = &pool{sem}, &pool{sem}\nfunc handle(r *http.Request) { both(a, b) }\nfunc both(a, b *pool) { a.get(); b.put() }",
		"a variable that is set again":   "type pool struct{ sem chan int }\nfunc (p *pool) get() { p.sem <- 1 }\nfunc (p *pool) put() { <-p.sem } // release\nvar a, b = &pool{sem}, &pool{sem}\nfunc handle(r *http.Request) { p := a; p.get(); p = b; p.put() }",
		"another element":                "var all = []chan int{sem, sem}\nfunc handle(r *http.Request) { one(all, 0, 1) }\nfunc one(all []chan int, i, j int) { all[i] <- 1; <-all[j] } // release",
	} {
		if _, ways := released(t, text); !isOpenWay(ways) {
			t.Errorf("%s: %q", name, ways)
		}
	}
}

func TestWhoReleasesForOthersPassesNoGate(t *testing.T) {
	p, ways := released(t, `
var done = make(chan int)
func handle(r *http.Request) { sem <- 1; done <- 1 }
func collect() { for range done { <-sem } } // release
func start() { go collect() } // start
func init() { start() }`)
	p.has("ways", ways, "in start")
}

func TestOnlyWhoIsThroughTheGateCounts(t *testing.T) {
	p := program(t, `
var sem = make(chan int, 1)
func main() { go handle(); go handle() }
func work() {
	select {} // parked
}
func handle() {
	sem <- 1 // acquire
	work() // inside
	<-sem // out
}`)
	before := p.stack("runtime.gopark", "runtime.chansend1", "main.handle@acquire")
	inside := p.stack("runtime.gopark", "main.work@parked", "main.handle@inside")
	c := p.answer("acquire", "send", before, inside)
	p.is("receivers", p.comers(c), "receive out by 1")
}

// gated are the locks that everyone new has to take before the close.
func gated(t *testing.T, text string) int {
	p := program(t, `
var all sync.Mutex
func ok() bool { return false }
func later(f func()) { f() }
func next() *T { return new(T) }
func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { end(common) }); <-common.done } // wait
var common = &T{done: make(chan int)}
`+text)
	gates := map[int]bool{}
	for _, o := range p.answer("wait", "receive").Operations {
		for _, e := range o.Open {
			for _, g := range e.Gates {
				gates[g] = true
			}
		}
	}
	return len(gates)
}

func TestALockBeforeAnOperationIsAGate(t *testing.T) {
	const typ = "type T struct{ mu sync.Mutex; wg sync.WaitGroup; done chan int }\n"
	for text, want := range map[string]int{
		typ + "func end(t *T) { t.mu.Lock(); if ok() { t.mu.Unlock() }; close(t.done) }":                                                                          1,
		typ + "func end(t *T) { t.wg.Wait(); close(t.done) }":                                                                                                     1,
		typ + "func end(t *T) { all.Lock(); defer all.Unlock(); close(t.done) }":                                                                                  1,
		typ + "func end(t *T) { close(t.done); t.mu.Lock() }":                                                                                                     0,
		typ + "func end(t *T) { if ok() { t.mu.Lock() }; close(t.done) }":                                                                                         0,
		typ + "func end(t *T) { t.mu.TryLock(); close(t.done) }":                                                                                                  0,
		typ + "func end(t *T) { go t.mu.Lock(); close(t.done) }":                                                                                                  0,
		typ + "func end(t *T) { if ok() { goto x }; t.mu.Lock(); x: close(t.done) }":                                                                              0,
		typ + "func end(t *T) { o := next(); o.mu.Lock(); close(t.done) }":                                                                                        0,
		typ + "func end(t *T) { var all sync.Mutex; all.Lock(); close(t.done) }":                                                                                  0,
		typ + "func end(t *T) { f := func() { close(t.done) }; t.mu.Lock(); t.mu.Unlock(); f() }":                                                                 1,
		"type T struct{ mu *sync.Mutex; done chan int }\nfunc set(t *T, m *sync.Mutex) { t.mu = m }\nfunc end(t *T) { set(t, &all); t.mu.Lock(); close(t.done) }": 0,
	} {
		if got := gated(t, text); got != want {
			t.Errorf("%d: %s", got, text)
		}
	}
}

func TestWhoWaitsForAGroupIsInItsGateThoughNoLockIsTaken(t *testing.T) {
	p := program(t, `
type T struct{ wg sync.WaitGroup; done chan int }
var common = &T{done: make(chan int)}
func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { end(common) }); <-common.done } // wait
func end(t *T) {
	t.wg.Wait() // gate
	close(t.done)
}`)
	keeper := p.stack("runtime.gopark", "sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait", "main.end@gate")
	for _, g := range p.answer("wait", "receive", keeper).Gates {
		if len(g.Closed) == 1 && g.Closed[0].Expr == "t.done" {
			return
		}
	}
	t.Error("nobody is in the gate")
}

func TestASelectWithADefaultNeedNotDoAnything(t *testing.T) {
	p := program(t, `
func main() {
	c := make(chan int)
	go func() {
		select {
		case c <- 1: // tried
		default:
		}
		select {
		case c <- 2: // alone
		}
	}()
	<-c // wait
}`)
	for name, want := range map[string]bool{"tried": false, "alone": true} {
		for _, op := range p.ops(name) {
			if op.Alone != want {
				t.Errorf("%s is alone: %v", name, op.Alone)
			}
		}
	}
	p.is("wait", p.same("wait"), "send tried", "send alone")
}

func TestEmptySelectsAndSelectsOfNilAreTaken(t *testing.T) {
	p := program(t, `
func main() {
	var c chan int
	go func() { select {} }()
	select {
	case v := <-c: // nil
		println(v)
	case c <- 1:
	}
	for {
		select {
		default:
		}
	}
}`)
	p.answer("nil", "receive")
}
