package facts

import "testing"

// A receiver that has left is not still to come because others are on their way to channels of their own.
func TestWhoIsYetToBeGivenAChannelDoesNotComeToThoseOfOthers(t *testing.T) {
	const rest = `
type member struct{ news chan string }
type hub struct { mu sync.Mutex; all []*member; first *member }
func (h *hub) join() *member {
	h.mu.Lock() // join
	m := &member{make(chan string)}
	h.all = append(h.all, m)
	h.mu.Unlock()
	return m
}
func (h *hub) say() {
	h.mu.Lock()
	for _, m := range h.all { m.news <- "x" } // say
}
func main() {
	h := &hub{}
	h.first = h.join()
	go h.say()
	for { go follow(h) }
}
`
	for follow, left := range map[string]int{
		"m := h.join()\nfor text := range m.news { if text == \"\" { return } } // take":          1,
		"m := h.first\nh.join()\nfor text := range m.news { if text == \"\" { return } } // take": 0,
	} {
		p := program(t, rest+"func follow(h *hub) {\n"+follow+"\n}")
		here := p.lines["take"]
		here.Line--
		p.lines["here"] = here
		c := p.answer("say", "send",
			p.stack("runtime.gopark", "runtime.chansend1", "main.(*hub).say@say"),
			p.stack("runtime.gopark", "sync.(*Mutex).Lock", "main.(*hub).join@join", "main.follow@here"))
		if len(c.Departures) != left {
			t.Errorf("%s: %v have left", follow, c.Departures)
		}
	}
}
