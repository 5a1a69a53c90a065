package facts

import (
	"fmt"
	"testing"
)

func TestObjectsByTheWordsOfATraceback(t *testing.T) {
	p := program(t, `
type inner struct { name string; done chan int }
type hub struct { sync.Mutex; in chan int; inner inner; next *hub; mu sync.RWMutex }
func (h *hub) run(size int, name string, extra []byte, other *hub, c chan int, any interface{}, last *sync.WaitGroup) {
	<-h.in // run
}
func generic[T any](x T, h *hub) { <-h.in } // generic
func (h hub) byValue() { <-h.in } // value
func main() {
	h := &hub{}
	h.run(1, "", nil, h, nil, nil, nil); h.byValue(); generic(1, h)
	func() { <-h.in }() // literal
}`)
	way := func(frame, expr string) string {
		s := p.w.Resolve([]Stack{p.stack("runtime.gopark", frame)})
		word := p.w.WordOf(s, 0, 1, expr)
		if word == nil {
			return "none"
		}
		return fmt.Sprint(word.Index, " ", word.Steps)
	}
	for expr, want := range map[string]string{
		"h.in":            "0 [8 -1]",
		"(*h).in":         "0 [8 -1]",
		"h":               "0 [0]",
		"h.Mutex":         "0 [0]",
		"h.inner.done":    "0 [16 16 -1]",
		"h.next.in":       "0 [40 -1 8 -1]",
		"&h.mu":           "0 [48]",
		"h.mu":            "0 [48]",
		"other.in":        "7 [8 -1]",
		"c":               "8 []",
		"last":            "11 []",
		"any":             "none",
		"size":            "none",
		"h.missing":       "none",
		"unknown.in":      "none",
		"h.in[0]":         "none",
		"main.everything": "none",
		"":                "none",
	} {
		if got := way("main.(*hub).run@run", expr); got != want {
			t.Errorf("%q: %s, not %s", expr, got, want)
		}
	}
	if got := way("main.generic[...]@generic", "h.in"); got != "1 [8 -1]" && got != "none" {
		t.Errorf("generic: %s", got)
	}
	if got := way("main.hub.byValue@value", "h.in"); got != "none" {
		t.Errorf("by value: %s", got)
	}
	if got := way("main.main.func1@literal", "h.in"); got != "none" {
		t.Errorf("captured: %s", got)
	}
}

func TestOperationsThatMayShareAnObject(t *testing.T) {
	p := program(t, `
type pair struct{ a, b chan int }
func (x *pair) put() {
	x.a <- 1 // putA
	x.b <- 1 // putB
}
func (x *pair) get() {
	<-x.a // getA
	<-x.b // getB
	<-time.After(1) // clock
}
func again(t *time.Timer) {
	<-t.C // fires
	if !t.Stop() {
		<-t.C // drain
	}
}
func anew(t *time.Timer) {
	for {
		t.Stop()
		t.Reset(1)
		<-t.C // reset
	}
}
func until(t *time.Timer) {
	defer t.Stop()
	<-t.C // deferred
}
func rearm(t *time.Timer) {
	for {
		if !t.Stop() {
			<-t.C // rearmed
		}
		t.Reset(1)
	}
}
func main() {
	x := &pair{make(chan int), make(chan int)}
	go x.put()
	x.get()
	again(time.NewTimer(1))
	anew(time.NewTimer(1))
	rearm(time.NewTimer(1))
	until(time.NewTimer(1))
}`)
	id := func(name string) int { return p.ops(name)[0].ID }
	groups := p.w.Alike([]int{id("putA"), id("getA"), id("putB"), id("getB"), -1, 1 << 20})
	if groups[0] != groups[1] || groups[2] != groups[3] || groups[0] == groups[2] || groups[4] != -1 || groups[5] != -1 {
		t.Errorf("%v", groups)
	}
	if !isClockChannel(p.ops("clock")[0].Operand) || isClockChannel(p.ops("getA")[0].Operand) {
		t.Error("wrong about which channel is a clock's")
	}
	if !p.w.isDrain(p.ops("drain")[0]) || !p.w.isDrain(p.ops("rearmed")[0]) || p.w.isDrain(p.ops("reset")[0]) || p.w.isDrain(p.ops("deferred")[0]) || p.w.isDrain(p.ops("fires")[0]) || p.w.isDrain(p.ops("getA")[0]) {
		t.Error("wrong about which receive drains a stopped timer")
	}
}

func TestChannelsThatEachStructHasOfItsOwn(t *testing.T) {
	p := program(t, `
type conn struct { own, given, late, shared chan int }
func newConn(c chan int) *conn {
	all := make(chan int)
	for i := 0; i < 2; i++ {
		use(&conn{own: make(chan int), given: c, late: make(chan int), shared: all})
	}
	return &conn{own: make(chan int), late: make(chan int), shared: all}
}
func (c *conn) reset() { set(&c.late) }
func set(p *chan int) { *p = nil }
func use(c *conn) {
	<-c.own // own
	<-c.given
	<-c.late
	<-c.shared
}
func main() { use(newConn(make(chan int))) ; (&conn{}).reset() }`)
	s := p.w.Resolve([]Stack{p.stack("runtime.gopark", "main.use@own")})
	for expr, own := range map[string]bool{"c.own": true, "c.given": false, "c.late": false, "c.shared": false} {
		if word := p.w.WordOf(s, 0, 1, expr); word == nil || (word.Own != "") != own {
			t.Errorf("%s: %v", expr, word)
		}
	}
}
