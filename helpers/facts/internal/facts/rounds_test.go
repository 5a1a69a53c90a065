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

func TestWhoSignalsOnlyWhereThereIsNeedMayPassBy(t *testing.T) {
	p := program(t, `
type pool struct { mu sync.Mutex; c *sync.Cond; idle int }
func (p *pool) lookAfter(ticks chan int) {
	for range ticks { // tick
		if p.idle > 0 {
			p.c.Signal() // some
		}
	}
}
func (p *pool) serve(work chan int) {
	for range work { // work
		p.c.Signal() // each
	}
}
func (p *pool) get() {
	p.mu.Lock()
	p.c.Wait() // wait
	p.mu.Unlock()
}
func main() {
	p := &pool{}
	p.c = sync.NewCond(&p.mu)
	go p.lookAfter(make(chan int))
	go p.serve(make(chan int))
	p.get()
}`)
	watcher := p.stack("runtime.gopark", "runtime.chanrecv2", "main.(*pool).lookAfter@tick")
	worker := p.stack("runtime.gopark", "runtime.chanrecv2", "main.(*pool).serve@work")
	seen := 0
	for _, op := range p.answer("wait", "notify", watcher, worker).Operations {
		for _, spot := range op.OnStack {
			seen++
			if want := p.at(op.File, op.Line) == "some"; spot.Skips != want {
				t.Errorf("%s is passed by: %v", p.at(op.File, op.Line), spot.Skips)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d places are ahead of somebody", seen)
	}
}
