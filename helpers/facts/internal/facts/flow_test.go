package facts

import "testing"

func TestAChannelOfACallsResultIsFollowed(t *testing.T) {
	p := program(t, `
type server struct{ stopped chan int; failed chan error }
func (s *server) Done() <-chan int { return s.stopped }
func (s *server) Errors() <-chan error { return s.failed }
type client struct{ s *server; other chan int }
func (c *client) wait() { <-c.s.Done() } // wait
func (c *client) read() {
	for range c.s.Errors() { // read
	}
}
func (s *server) end() { close(s.stopped) } // end
func (s *server) fail(err error) { s.failed <- err } // fail
func (c *client) close() { close(c.other) }
func main() {
	s := &server{make(chan int), make(chan error)}
	c := &client{s, make(chan int)}
	go c.wait(); go c.read()
	s.end(); s.fail(nil); c.close()
}`)
	p.is("wait", p.same("wait"), "close end")
	p.is("read", p.same("read"), "send fail")
	p.has("end", p.ways("end"))
}

func TestChannelsOfTwoFieldsAreTwo(t *testing.T) {
	p := program(t, `
type a struct{ c chan int }
type b struct{ c chan int }
func (x *a) put() { x.c <- 1 } // a
func (x *b) put() { x.c <- 1 } // b
func (x *a) take() { <-x.c } // take
func main() {
	x, y := &a{make(chan int)}, &b{make(chan int)}
	x.put(); y.put(); x.take()
}`)
	p.is("take", p.same("take"), "send a")
}

func TestAVariableIsNotAnotherOfItsName(t *testing.T) {
	p := program(t, `
func main() {
	c := make(chan int)
	c <- 1 // send
	{
		c := make(chan int)
		<-c
	}
	other(nil)
}
func other(c chan int) { <-c }`)
	p.is("send", p.same("send"))
}

func TestAChannelIsFollowedThroughParametersResultsAndLiterals(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func open() (int, chan int, error) { c := make(chan int); return 1, c, nil }
func reopen() (int, chan int, error) { return open() }
func feed(out chan<- int) { out <- 1 } // send
func main() {
	_, c, _ := reopen()
	x := s{c: c}
	go feed(x.c)
	go func() { x.c <- 2 }() // literal
	select {
	case v, ok := <-c: // receive
		println(v, ok)
	}
	close(x.c) // close
}`)
	p.is("send", p.same("send"), "send literal", "receive receive", "close close")
}

func TestChannelsComeOutOfMapsAndSlices(t *testing.T) {
	p := program(t, `
type client struct{ waiting map[int]chan int }
func (c *client) ask(n int) int {
	answer := make(chan int, 1)
	c.waiting[n] = answer
	return <-answer // wait
}
func (c *client) read(n int) {
	c.waiting[n] <- 1 // index
	if answer, ok := c.waiting[n]; ok {
		answer <- 2 // checked
	}
	delete(c.waiting, n)
	for _, answer := range c.waiting {
		close(answer) // ranged
	}
}
type topic struct{ subs []chan string }
func (t *topic) add() { c := make(chan string); t.subs = append(t.subs, c); <-c } // sub
func (t *topic) publish() { all(t.subs[1:]) }
func all(subs []chan string) { for i := range subs { subs[i] <- "" } } // all
func main() {
	c := &client{map[int]chan int{}}
	go c.ask(1); c.read(1)
	t := &topic{}
	go t.add(); t.publish()
}`)
	p.is("wait", p.same("wait"), "send index", "send checked", "close ranged")
	p.is("sub", p.same("sub"), "send all")
}

func TestAChannelIsFollowedThroughInterfacesMapsOfMapsAndChannels(t *testing.T) {
	p := program(t, `
var nested = map[string]map[int]chan int{}
var boxes = make(chan any, 1)
func main() {
	a, b, c := make(chan int), make(chan string), make(chan bool)
	nested["a"] = map[int]chan int{1: a}
	boxes <- b
	set := map[chan bool]bool{c: true}
	go func() { nested["a"][1] <- 1 }() // nested
	go func() { (<-boxes).(chan string) <- "" }() // boxed
	go func() { for c := range set { c <- true } }() // key
	<-a // a
	<-b // b
	<-c // c
}`)
	p.is("a", p.same("a"), "send nested")
	p.is("b", p.same("b"), "send boxed")
	p.is("c", p.same("c"), "send key")
}

func TestAChannelThatGoesToUnreadCodeHasEscaped(t *testing.T) {
	p := program(t, `
func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	<-c // wait
}`)
	p.is("wait", p.same("wait"), "library os/signal.Notify")
}

func TestWhatIsNeverMadeInSightMayBeAnything(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func (x *s) take() { <-x.c } // take
func put(c chan int) { c <- 1 } // put
func main() { (&s{}).take(); put(make(chan int)) }`)
	p.is("take", p.same("take"), "send put", "unknown")
}

func TestAtomicValuesAndPointersHoldChannels(t *testing.T) {
	p := program(t, `
var val atomic.Value
var ptr atomic.Pointer[chan string]
func main() {
	a, b := make(chan int), make(chan string)
	val.Store(a); ptr.Store(&b)
	go func() { val.Load().(chan int) <- 1 }() // value
	go func() { *ptr.Load() <- "" }() // pointer
	<-a // a
	<-b // b
}`)
	p.is("a", p.same("a"), "send value")
	p.is("b", p.same("b"), "send pointer")
}

func TestUnsafePointersHideAChannelOpenly(t *testing.T) {
	p := program(t, `
var slot unsafe.Pointer
func main() {
	c := make(chan int)
	atomic.StorePointer(&slot, unsafe.Pointer(&c))
	go func() { *(*chan int)(atomic.LoadPointer(&slot)) <- 1 }() // send
	<-c // wait
}`)
	got := p.same("wait")
	seen := false
	for _, g := range got {
		seen = seen || g == "send send" || g == "unknown" || len(g) > 8 && g[:8] == "library "
	}
	if !seen {
		t.Errorf("neither the send nor that it may be elsewhere: %q", got)
	}
}

func TestContainersOfTheLibraryAreLookedThrough(t *testing.T) {
	p := program(t, `
type pool struct{ mu sync.Mutex; q list.List; m sync.Map }
func (x *pool) wait() { c := make(chan int); x.q.PushBack(c); <-c } // wait
func (x *pool) wake() { close(x.q.Remove(x.q.Front()).(chan int)) } // wake
func (x *pool) ask() { c := make(chan string); x.m.Store(1, c); <-c } // ask
func (x *pool) tell() { if v, ok := x.m.LoadAndDelete(1); ok { v.(chan string) <- "" } } // tell
func (x *pool) all() { x.m.Range(func(k, v any) bool { close(v.(chan string)); return true }) } // all
func main() { x := &pool{}; go x.wait(); x.wake(); go x.ask(); x.tell(); x.all() }`)
	p.has("wait", p.same("wait"), "close wake")
	p.has("ask", p.same("ask"), "send tell", "close all")
}

func TestTimersWaitForTheirReset(t *testing.T) {
	p := program(t, `
type poller struct{ t, u *time.Timer }
func (x *poller) run() { <-x.t.C } // run
func (x *poller) poke() { x.t.Reset(time.Second) } // reset
func (x *poller) other() { x.u.Reset(time.Second) } // other
func main() { x := &poller{time.NewTimer(1), time.NewTimer(1)}; go x.run(); x.poke(); x.other() }`)
	p.has("run", p.same("run"), "reset reset")
	for _, n := range p.w.namesOf(&class{waits: p.ops("run")}) {
		if n.Name != "main.poller.t.C" {
			t.Errorf("named %s", n.Name)
		}
	}
}

func TestFieldsOfNamelessStructsAreKnownByTheVariable(t *testing.T) {
	p := program(t, `
var depot struct { sync.Mutex; sold chan int }
func main() {
	depot.Lock() // lock
	<-depot.sold // wait
}`)
	for at, want := range map[string]string{"lock": "main.depot", "wait": "main.depot.sold"} {
		names := p.w.namesOf(&class{waits: p.ops(at)})
		if len(names) == 0 || names[0].Name != want {
			t.Errorf("%s: %v, not %s", at, names, want)
		}
	}
}

func TestAChannelOfChannelsCarriesItsElements(t *testing.T) {
	p := program(t, `
type req struct{ reply chan int }
type actor struct{ in chan req; workers chan chan string }
func (a *actor) ask() int { r := req{make(chan int)}; a.in <- r; return <-r.reply } // ask
func (a *actor) run() { for r := range a.in { r.reply <- 1 } } // run
func (a *actor) work() { jobs := make(chan string); a.workers <- jobs; <-jobs } // work
func (a *actor) give() { jobs := <-a.workers; jobs <- "" } // give
func main() { a := &actor{make(chan req), make(chan chan string)}; go a.run(); a.ask(); go a.work(); a.give() }`)
	p.has("ask", p.same("ask/receive"), "send run")
	p.has("work", p.same("work/receive"), "send give")
}

func TestWhereAChannelIsMadeIsTold(t *testing.T) {
	p := program(t, `
type job struct { done chan int }
func newJob() *job { return &job{done: make(chan int)} } // made
func main() { j := newJob(); <-j.done } // wait`)
	made := p.answer("wait", "receive").Made
	if len(made) != 1 || p.at(made[0].File, made[0].Line) != "made" {
		t.Errorf("%+v", made)
	}
}
