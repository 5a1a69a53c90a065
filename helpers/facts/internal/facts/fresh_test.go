package facts

import "testing"

func TestACapturedParameterIsWhatWasPassed(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func start(c chan int) {
	go func() { c <- 1 }() // put
}
func (x *s) run() { start(x.c) } // run
func main() { x := &s{make(chan int)}; x.run(); <-x.c }`)
	p.has("ways", p.ways("put"), "in run")
}

func TestACapturedVariableIsWhatItWasSetTo(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func (x *s) start() {
	c := x.c
	var d chan int
	if len(c) > 0 { d = c }
	go func() { c <- 1 }() // once
	go func() { d <- 1 }() // twice
}
func (x *s) run() { x.start() } // run
func main() { x := &s{make(chan int)}; x.run(); <-x.c }`)
	p.has("ways", p.ways("once"), "in run")
	p.has("ways", p.ways("twice"), "in run")
}

func TestTheResultOfAConstructorIsNew(t *testing.T) {
	const head = `
type hub struct{ last *member; members map[string]*member }
type member struct{ news chan string }
var common = make(chan string)
func main() {
	h := &hub{}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { listen(h) })
}
func listen(h *hub) {
	m := h.join()
	<-m.news // take
}
`
	for join, open := range map[string]bool{
		"m := &member{make(chan string)}; h.last = m; return m": false,
		"return newMember()": false,
		"if m, ok := h.members[\"x\"]; ok { return m }; m := &member{make(chan string)}; h.members[\"x\"] = m; return m": true,
		"if h.last == nil { h.last = &member{make(chan string)} }; return h.last":                                        true,
		"m := &member{make(chan string)}; if h.last != nil { m = h.last }; return m":                                     true,
		"return &member{news: common}":                 true,
		"own := &member{}; *own = *h.last; return own": true,
	} {
		p := program(t, head+"func newMember() *member { return &member{make(chan string)} }\nfunc (h *hub) join() *member { "+join+" }")
		if got := p.isOpen("take"); got != open {
			t.Errorf("%s: %q", join, p.ways("take"))
		}
	}
}

func TestAResultThatIsExchangedOnTheWayOutIsNotNew(t *testing.T) {
	p := program(t, `
type member struct{ news chan string }
var last *member
func join() (m *member) {
	defer func() { m = last }()
	return &member{make(chan string)}
}
func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { <-join().news }) } // take`)
	if !p.isOpen("take/receive") {
		t.Errorf("%q", p.ways("take/receive"))
	}
}

func TestAnObjectThatCarriesAnOlderOneIsNotNew(t *testing.T) {
	for text, want := range map[string]bool{
		"type holder struct{ *q }\nfunc embed(x *q) { h := &holder{q: x}; h.run() }": true,
		"func embed(x *q) { c := &q{}; *c = *x; c.run() }":                           true,
		"func embed(x *q) { c := &q{in: x.in}; c.run() }":                            true,
		"func embed(x *q) { c := &q{in: make(chan int)}; c.run() }":                  false,
	} {
		p := program(t, `
type q struct{ in chan int }
func (x *q) run() { <-x.in } // take
func any1(x *q) { embed(x) } // any
func main() { x := &q{make(chan int)}; go any1(x); x.in <- 1 }
`+text)
		found := false
		for _, way := range p.ways("take") {
			found = found || way == "in any"
		}
		if found != want {
			t.Errorf("%s: %q", text, p.ways("take"))
		}
	}
}

func TestAFieldThatIsMadeAnewBeforeIsAnotherChannel(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func (x *s) start() {
	x.c = make(chan int)
	x.put() // start
}
func (x *s) put() { x.c <- 1 } // put
func restart(x *s) { x.start() } // restart
func main() { x := &s{make(chan int)}; go restart(x); <-x.c }`)
	for _, way := range p.ways("put") {
		if way == "in restart" {
			t.Errorf("%q", p.ways("put"))
		}
	}
}

func TestWhatACallIsYetToReturnIsNotReadInItsFrame(t *testing.T) {
	const head = `
type hub struct{ mu sync.Mutex; last *member; members map[chan string]*member }
type member struct{ news chan string }
type joiner interface{ join() *member }
type house struct{ joiner }
func main() {
	h := &hub{}
	go listen(&house{h})
	for c := range h.members {
		c <- "" // give
	}
}
func listen(j joiner) {
	m := j.join() // listen
	<-m.news // take
}
`
	for join, want := range map[string]string{
		"h.mu.Lock() // join\nm := &member{make(chan string)}; h.members[m.news] = m; return m":                          "",
		"m := &member{make(chan string)}; h.members[m.news] = m\nh.mu.Lock() // join\nreturn m":                          "unread",
		"m := h.made()\nh.mu.Lock() // join\nreturn m":                                                                   "unread",
		"h.mu.Lock() // join\nreturn h.last":                                                                             "unread",
		"h.mu.Lock() // join\nif h.last != nil { return h.last }; m := &member{make(chan string)}; h.last = m; return m": "unread",
	} {
		p := program(t, head+"func (h *hub) made() *member { return &member{make(chan string)} }\nfunc (h *hub) join() *member {\n"+join+"\n}")
		stack := p.stack("runtime.gopark", "sync.(*Mutex).Lock", "main.(*hub).join@join", "main.(*house).join", "main.listen@listen")
		stack.Frames[3].File = autogenerated
		got := ""
		for _, op := range p.answer("give", "send", stack).Operations {
			for _, spot := range op.OnStack {
				got = "unread"
				if spot.Expr != "" || spot.Via != nil || spot.Owner != nil || spot.Loose || spot.Stays {
					got = "read"
				}
			}
		}
		if got != want {
			t.Errorf("%s: %q", join, got)
		}
	}
}

func TestWhatALoopMakesAnewIsNotTheOneOfTheRoundBefore(t *testing.T) {
	const head = `
type queue struct{ done chan int }
type runner interface{ run() }
func (q *queue) run() { close(q.done) } // close
func newQueue() *queue { return &queue{make(chan int)} }
func main() {
	var last *queue
	for i := 0; ; i++ {
`
	for body, want := range map[string]bool{
		"var q runner = newQueue(); go func() { q.run() }()\n<-q.(*queue).done // wait":                        false,
		"q := newQueue(); go q.run()\n<-q.done // wait":                                                        false,
		"q := &queue{make(chan int)}\n<-q.done // wait\nq.run()":                                               true,
		"if last == nil || i > 3 { last = newQueue() }; go last.run()\n<-last.done // wait":                    true,
		"q := newQueue(); if last != nil { last.run() }; last = q\n<-q.done // wait":                           true,
		"q := newQueue(); defer q.run()\n<-q.done // wait":                                                     true,
		"q := newQueue(); if i == 3 { goto again }; continue\nagain: go q.run()\n<-q.done // wait\ngoto again": true,
	} {
		p := program(t, head+body+"\n}\n_ = last\n}")
		got := false
		for _, op := range p.answer("wait", "receive", p.stack("runtime.gopark", "main.main@wait")).Operations {
			for _, spot := range append(append([]Spot{}, op.OnStack...), op.Routes...) {
				got = got || spot.Frame == 1
			}
		}
		if got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
