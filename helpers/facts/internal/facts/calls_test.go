package facts

import "testing"

// Each text has a send `put` in a function, and somebody who may call it.
func TestWhoMayCallAFunctionThatIsAValue(t *testing.T) {
	const head = `
type s struct{ c chan int }
func (x *s) put() { x.c <- 1 } // put
type putter interface{ put() }
func main() {
	x := &s{make(chan int)}
	use(x)
	<-x.c
}
`
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"whoever calls the parameter that it is passed as": {"func run(f func()) { f() } // run\nfunc use(x *s) { run(x.put) } // use",
			[]string{"in run", "in use"}},
		"whoever takes it out of a channel by a range": {"var tasks = make(chan func())\nfunc work() { for f := range tasks { f() } } // work\nfunc use(x *s) { go work(); tasks <- x.put }",
			[]string{"in work"}},
		"whoever takes it out of a channel by a select": {"var tasks = make(chan func())\nfunc work() { select { case f := <-tasks: f() } } // work\nfunc use(x *s) { go work(); tasks <- x.put }",
			[]string{"in work"}},
		"whoever takes it out of a channel of structs": {"type task struct{ f func() }\nvar tasks = make(chan task)\nfunc work() { for t := range tasks { t.f() } } // work\nfunc use(x *s) { go work(); tasks <- task{x.put} }",
			[]string{"in work"}},
		"whoever takes it out of a map with a check": {"var m = map[int]func(){}\nfunc work() { if f, ok := m[1]; ok { f() } } // work\nfunc use(x *s) { m[1] = x.put; work() }",
			[]string{"in work"}},
		"whoever ranges over a map of them": {"var m = map[int]func(){}\nfunc work() { for _, f := range m { f() } } // work\nfunc use(x *s) { m[1] = x.put; work() }",
			[]string{"in work"}},
		"whoever calls the field that it is in": {"type h struct{ on func() }\nfunc (y h) fire() { y.on() } // fire\nfunc use(x *s) { h{x.put}.fire() }",
			[]string{"in fire"}},
		"whoever calls an interface that holds its object": {"func run(p putter) { p.put() } // run\nfunc use(x *s) { run(x) }",
			[]string{"in run"}},
		"whoever asserts an interface that holds it": {"func run(v any) { if p, ok := v.(putter); ok { p.put() } } // run\nfunc use(x *s) { run(x) }",
			[]string{"in run"}},
		"whoever receives such an interface": {"var c = make(chan putter)\nfunc run() { for p := range c { p.put() } } // run\nfunc use(x *s) { go run(); c <- x }",
			[]string{"in run"}},
		"whoever calls a promoted method": {"type o struct{ *s; n int }\nfunc use(x *s) { o{x, 1}.put() } // use", []string{"in use"}},
		"whoever calls it promoted by an interface": {"type o struct{ putter }\nfunc run(p putter) { p.put() } // run\nfunc use(x *s) { run(o{x}) }",
			[]string{"in run"}},
		"whoever calls a method expression": {"func run(f func(*s), x *s) { f(x) } // run\nfunc use(x *s) { run((*s).put, x) }", []string{"in run"}},
		"whoever runs a generic function with it": {"func run[T putter](v T) { v.put() } // run\nfunc use(x *s) { run(x) } // use",
			[]string{"in run"}},
		"whoever yields to a loop around it": {"func seq(yield func(int) bool) { yield(1) }\nfunc use(x *s) {\n for range seq {\n x.put() // use\n }\n}",
			[]string{"in use"}},
		"whoever runs the literal it is in": {"func use(x *s) { func() { func() { x.put() }() }() } // use", []string{"in use"}},
		"whoever calls a variable of the package": {"var hook func()\nfunc fire() { hook() } // fire\nfunc use(x *s) { hook = x.put; fire() }",
			[]string{"in fire"}},
		"whoever calls the result of a function": {"func give(x *s) func() { return x.put }\nfunc use(x *s) { give(x)() } // use",
			[]string{"in use"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, head+test.body)
			p.has("ways", p.ways("put"), test.want...)
			if p.isOpen("put") {
				t.Error("may be called by anybody")
			}
		})
	}
}

func TestLocksThroughInterfacesAndValuesAreOperations(t *testing.T) {
	for name, body := range map[string]string{
		"an interface of the program": "type l interface{ Lock(); Unlock() }\nfunc give(x l) { x.Unlock() } // give\nfunc use(mu *sync.Mutex) { give(mu) }",
		"sync.Locker":                 "func give(x sync.Locker) { x.Unlock() } // give\nfunc use(mu *sync.Mutex) { give(mu) }",
		"a method value":              "func use(mu *sync.Mutex) { f := mu.Unlock; f() } // give",
		"a method expression":         "func use(mu *sync.Mutex) { (*sync.Mutex).Unlock(mu) } // give",
		"a struct that embeds it":     "type l interface{ Unlock() }\ntype e struct{ *sync.Mutex }\nfunc give(x l) { x.Unlock() } // give\nfunc use(mu *sync.Mutex) { give(e{mu}) }",
		"a cleanup by defer":          "func use(mu *sync.Mutex) { f := func() func() { return mu.Unlock }(); defer f() } // give",
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, `
var mu sync.Mutex
func main() {
	mu.Lock() // wait
	use(&mu)
}
`+body)
			found := false
			for _, op := range p.w.classOf(p.ops("wait")).ops {
				if op.Kind != "unlock" {
					continue
				}
				if p.placeOf(op.Pos) == "give" {
					found = true
				}
				routes, _, _ := p.w.routesTo(op, p.w.classOf(p.ops("wait")), nil)
				for _, r := range routes {
					found = found || p.placeOf(positionOf(r.site)) == "give"
				}
			}
			if !found {
				t.Errorf("nobody unlocks: %q", p.same("wait"))
			}
		})
	}
}

func TestWaitsThroughInterfacesAreOperations(t *testing.T) {
	p := program(t, `
type doner interface{ Done() }
func done(d doner) { d.Done() } // done
func main() { var wg sync.WaitGroup; wg.Add(1); go done(&wg); wg.Wait() } // wait`)
	p.has("wait", p.same("wait/wait"), "done done")
}

func TestReadersThroughALockerEndAWait(t *testing.T) {
	p := program(t, `
type s struct{ mu sync.RWMutex }
func (x *s) read() { l := x.mu.RLocker(); l.Lock(); l.Unlock() } // read
func main() { x := &s{}; go x.read(); x.mu.Lock() } // lock`)
	c := p.answer("lock", "drain")
	found := false
	for _, o := range c.Operations {
		found = found || p.at(o.File, o.Line) == "read"
	}
	if !found {
		t.Errorf("%+v", c.Operations)
	}
}

func TestAVariableBehindAPointerIsTheVariable(t *testing.T) {
	p := program(t, `
type s struct{ c chan int; d chan string }
func put(c *chan int) { *c <- 1 } // put
func set(d *chan string) { *d = make(chan string) }
func main() {
	x := &s{c: make(chan int)}
	go put(&x.c)
	<-x.c // c
	set(&x.d)
	go func() { x.d <- "" }() // d
	<-x.d // wait
	e := make(chan bool)
	go func(p *chan bool) { *p <- true }(&e) // e
	<-e // local
}`)
	p.is("c", p.same("c"), "send put")
	p.is("wait", p.same("wait"), "send d")
	p.is("local", p.same("local"), "send e")
}

func TestAStructOfAnotherNameIsTheSame(t *testing.T) {
	p := program(t, `
type a struct{ c chan int; mu sync.Mutex }
type b a
func put(y *b) { y.c <- 1; y.mu.Unlock() } // put
func main() {
	x := &a{c: make(chan int)}
	go put((*b)(x))
	<-x.c // wait
	x.mu.Lock() // lock
}`)
	p.is("wait", p.same("wait"), "send put")
	p.is("lock", p.same("lock"), "unlock put")
}

func TestReadersThroughALockerOfTheProgramHoldTheLock(t *testing.T) {
	p := program(t, `
type mutex interface{ Lock(); Unlock() }
type store struct{ m mutex }
func (s *store) work() {
	s.m.Lock() // taken
	defer s.m.Unlock() // given
	sleep() // here
}
func sleep() {
	select {} // parked
}
func main() {
	(&store{&sync.Mutex{}}).work()
	rw := &sync.RWMutex{}
	r := &store{rw.RLocker()}
	go r.work()
	rw.Lock() // wait
}`)
	stack := p.stack("runtime.gopark", "main.sleep@parked", "main.(*store).work@here")
	c := p.answer("wait", "drain", stack)
	p.has("comers", p.comers(c), "runlock given by 0")
	p.has("holders", p.holders(c), "rlock taken by 0?")
}
