package facts

import "testing"

// Each text waits in a line `wait`, in a loop or not.
func TestWhatComesRoundToItsWait(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want bool
	}{
		"a range over a channel":           {"for x := range c { // wait\n println(x) }", true},
		"a loop around a select":           {"for {\n select { // wait\n case <-c:\n case <-d: return } }", true},
		"a loop that ends by what it gets": {"for {\n x := <-c // wait\n if x == 3 { return } }", true},
		"a loop that ends by a flag":       {"for !off {\n <-c // wait\n }", true},
		"no loop":                          {"<-c // wait", false},
		"a loop that counts":               {"for i := 0; i < 5; i++ {\n <-c // wait\n }", false},
		"a loop over what it collects":     {"for _, e := range all {\n <-e // wait\n }", false},
		"a loop until enough came":         {"var got []int\n for len(got) < 3 {\n got = append(got, <-c) // wait\n }", false},
		"a loop that it leaves behind":     {"for !off { println(1) }\n <-c // wait", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, "var off bool\nvar c, d = make(chan int), make(chan int)\nvar all []chan int\nfunc main() {\n"+test.body+"\n}")
			ops := p.ops("wait/receive")
			if len(ops) == 0 {
				// The cases of a select stand in lines of their own.
				for _, op := range p.w.ops {
					if op.Kind == "receive" {
						ops = append(ops, op)
					}
				}
			}
			for _, op := range ops {
				if got := p.w.comesRound(op.Instr); got != test.want {
					t.Errorf("%s at %s: %v", op.Expr, p.placeOf(op.Pos), got)
				}
			}
			if len(ops) == 0 {
				t.Error("nothing waits")
			}
		})
	}
}

// A transaction that is begun on some ways only is its beginner's; a commit that is still to come has not given it back.
func TestALockThatComesWithATransaction(t *testing.T) {
	p := program(t, `
var mu sync.RWMutex
var open bool
func begin() bool {
	mu.RLock() // begin
	if !open {
		mu.RUnlock()
		return false
	}
	return true
}
func end() { mu.RUnlock() } // end
func commit(f func() bool) bool {
	if !f() { // commit
		end()
		return false
	}
	end()
	return true
}
func view(f func() bool) {
	if !begin() { // taken
		return
	}
	defer end()
	commit(f) // view
}
func write() bool {
	mu.Lock() // write
	mu.Unlock()
	return true
}
func main() { open = true; view(write) } // main
`)
	found := p.answer("write/lock", "drain", p.stack("sync.(*RWMutex).Lock", "main.write@write", "main.commit@commit", "main.view@view", "main.main@main"))
	p.has("holders", p.holders(found), "rlock taken by 0?")
	for _, h := range found.Holders {
		if h.TakenBy != "main.begin" || h.GivenBack != "" {
			t.Errorf("taken by %q, given back by %q", h.TakenBy, h.GivenBack)
		}
	}
}
