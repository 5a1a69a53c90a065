package facts

import (
	"testing"

	"go-deadlock-lab/facts/internal/load"
)

// ends tells of the context that is waited for at `wait` where it was made, and who ends it.
func ends(t *testing.T, text string) (*told, []string) {
	p := program(t, text)
	out := map[string]bool{}
	c := p.answer("wait", "receive")
	for _, ctx := range c.Contexts {
		what := "made " + p.at(ctx.File, ctx.Line)
		if ctx.Discarded {
			what += ", discarded"
		}
		if ctx.Clock {
			what += ", by a clock"
		}
		out[what] = true
		for _, at := range ctx.Cancels {
			out["ended "+p.at(at.File, at.Line)] = true
		}
	}
	for _, o := range c.Others {
		out["other "+o.Why] = true
	}
	if c.Background {
		out["background"] = true
	}
	if c.Unknown {
		out["unknown"] = true
	}
	return p, sortedNames(out)
}

// Most of it are programs, one for each place to keep the function in.
func TestTheEndOfAContextIsFoundWhereItsFunctionIsKept(t *testing.T) {
	for name, text := range map[string]string{
		"in a field": `
type job struct{ ctx context.Context; stop context.CancelFunc }
func start() *job {
	ctx, stop := context.WithCancel(context.Background()) // make
	return &job{ctx: ctx, stop: stop}
}
func (j *job) end() { j.stop() } // end
func main() { j := start(); go j.end(); <-j.ctx.Done() } // wait`,
		"among several results": `
func open() (context.Context, context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(context.Background()) // make
	return ctx, cancel, nil
}
func reopen() (context.Context, context.CancelFunc, error) { return open() }
func main() {
	ctx, end, _ := reopen()
	go func() { <-ctx.Done() }() // wait
	end() // end
}`,
		"in a map": `
var all = map[int]context.CancelFunc{}
func end(id int) { if f, ok := all[id]; ok { f() } } // end
func main() {
	ctx, cancel := context.WithCancel(context.Background()) // make
	all[1] = cancel
	go end(1)
	<-ctx.Done() // wait
}`,
		"in a slice of functions": `
var closers []func()
func end() { for _, f := range closers { f() } } // end
func main() {
	ctx, cancel := context.WithCancel(context.Background()) // make
	closers = append(closers, cancel)
	go end()
	<-ctx.Done() // wait
}`,
		"with values on the way": `
func main() {
	ctx, cancel := context.WithCancel(context.Background()) // make
	go cancel() // end
	ctx = context.WithValue(ctx, 1, 2)
	<-ctx.Done() // wait
}`,
		"by a cause": `
func main() {
	ctx, cancel := context.WithCancelCause(context.Background()) // make
	go cancel(nil) // end
	<-ctx.Done() // wait
}`,
		"in a context of the program": `
type own struct{ context.Context }
func wait(ctx context.Context) { <-ctx.Done() } // wait
func main() {
	ctx, cancel := context.WithCancel(context.Background()) // make
	go cancel() // end
	wait(own{ctx})
}`,
	} {
		t.Run(name, func(t *testing.T) {
			p, got := ends(t, text)
			p.has("ends", got, "made make", "ended end")
		})
	}
}

func TestAContextEndsWithItsParents(t *testing.T) {
	p, got := ends(t, `
func main() {
	parent, stop := context.WithCancel(context.Background()) // parent
	ctx, cancel := context.WithCancel(parent) // child
	go stop() // stop
	go cancel() // cancel
	<-ctx.Done() // wait
}`)
	p.is("ends", got, "made parent", "made child", "ended stop", "ended cancel", "background")
}

func TestAContextWhoseFunctionIsThrownAwayIsDiscarded(t *testing.T) {
	p, got := ends(t, `
func main() {
	ctx, _ := context.WithCancel(context.Background()) // make
	<-ctx.Done() // wait
}`)
	p.is("ends", got, "made make, discarded", "background")
}

func TestADeadlineEndsAContextByItself(t *testing.T) {
	p, got := ends(t, `
func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // make
	defer cancel() // end
	<-ctx.Done() // wait
}`)
	p.is("ends", got, "made make, by a clock", "ended end", "background")
}

func TestAContextOfTheLibraryMayEndAtAnyTime(t *testing.T) {
	p, got := ends(t, `
func handle(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	<-ctx.Done() // wait
}
func main() { http.HandleFunc("/", handle) }`)
	p.is("ends", got, "other net/http.(*Request).Context")
}

func TestACancelFunctionThatTheLibraryHasMayBeCalledByIt(t *testing.T) {
	p := program(t, `
func main() {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Second, cancel)
	<-ctx.Done() // wait
}`)
	open := false
	for _, o := range p.answer("wait", "receive").Operations {
		open = open || o.Kind == "cancel" && len(o.Open) > 0
	}
	if !open {
		t.Error("nobody ends it")
	}
}

func TestAnErrgroupEndsItsContext(t *testing.T) {
	p := program(t, `
func main() {
	g, ctx := errgroup.WithContext(context.Background())
	g.Go(func() error { <-ctx.Done(); return nil }) // wait
	g.Wait()
}`)
	c := p.answer("wait/receive", "receive")
	if len(c.Contexts) != 1 || len(c.Contexts[0].Cancels) == 0 || c.Unknown {
		t.Errorf("%+v", c.Contexts)
	}
}

func TestADepartureIsHowAReceiveIsLeftBehind(t *testing.T) {
	for body, want := range map[string]string{
		"select {\n case <-c: // receive\n case <-time.After(1):\n }":          "timeout",
		"select {\n case <-c: // receive\n case <-ctx.Done():\n }":             "context",
		"select {\n case <-c: // receive\n case <-d:\n }":                      "other case",
		"select {\n case <-c: // receive\n default:\n }":                       "other case",
		"for {\n <-c // receive\n if x {\n return\n }\n }":                     "return",
		"for range c { // receive\n if x {\n break\n }\n }":                    "return",
		"for range c { // receive\n }":                                         "end",
		"<-c // receive":                                                       "once",
		"for {\n <-c // receive\n func() {\n return\n }()\n }":                 "end",
		"for {\n select {\n case <-c: // receive\n case <-d:\n return\n }\n }": "other case",
	} {
		p := program(t, "var x bool\nfunc main() { f(nil, make(chan int), make(chan int)) }\nfunc f(ctx context.Context, c, d chan int) {\n"+body+"\n}")
		for _, op := range p.ops("receive/receive") {
			if d, ok := p.w.departureOf(op); !ok || d.How != want {
				t.Errorf("%q: %q", body, d.How)
			}
		}
	}
}

func TestWhatAFrameDoesToAWaitGroupIsCounted(t *testing.T) {
	for body, want := range map[string]string{
		"defer wg.Done() // done\n work() // here":              "sure",
		"work() // here\n wg.Done() // done":                    "once",
		"for {\n work() // here\n wg.Done() // done\n }":        "many",
		"work() // here\n wg.Add(-2) // done":                   "many",
		"if x {\n defer wg.Done() // done\n }\n work() // here": "once",
	} {
		p := program(t, "var x bool\nfunc work() {\nselect {} // parked\n}\nfunc main() { var wg sync.WaitGroup; go f(&wg); wg.Wait() } // wait\nfunc f(wg *sync.WaitGroup) {\n"+body+"\n}")
		stack := p.stack("runtime.gopark", "main.work@parked", "main.f@here")
		got := ""
		for _, o := range p.answer("wait", "wait", stack).Operations {
			for _, s := range o.OnStack {
				got += s.Times
			}
		}
		if got != want {
			t.Errorf("%q: %q", body, got)
		}
	}
}

func TestObjectsAreNamedByTheirFieldsFirst(t *testing.T) {
	p := program(t, `
type job struct{ done chan int; once sync.Once }
func await(c chan int) { <-c } // wait
func (j *job) start() { j.once.Do(func() {}) }
func main() { j := &job{done: make(chan int)}; j.start(); await(j.done) }`)
	names := p.answer("wait", "receive").Names
	if len(names) == 0 || names[0].Name != "main.job.done" {
		t.Errorf("%+v", names)
	}
	for _, op := range p.w.ops {
		if op.Kind == "lock" && shortName(op.Fn) == "sync.(*Once).doSlow" {
			if names := p.w.namesOf(p.w.classOf([]*Op{op})); len(names) == 0 || names[0].Name != "main.job.once" {
				t.Errorf("the lock of a Once is called %+v", names)
			}
		}
	}
}

func TestAnExportedFunctionMayBeCalledByC(t *testing.T) {
	p := program(t, `
var c = make(chan int)
func goPut() { c <- 1 } // put
func main() { <-c }`)
	if p.isOpen("put") {
		t.Errorf("%q", p.ways("put"))
	}
	p.w.Program.Functions = map[string]load.Func{"_cgoexp_0123456789ab_goPut": {}}
	p.w.findExported()
	if !p.isOpen("put") {
		t.Errorf("%q", p.ways("put"))
	}
}

func TestTheLockOfAOnceIsNamedByWhoseDoTheGoroutineIsIn(t *testing.T) {
	p := program(t, `
type a struct{ once sync.Once }
type b struct{ once sync.Once }
func (x *a) init() { x.once.Do(work) } // a
func (x *b) init() { x.once.Do(work) } // b
func work() {}
func main() { (&a{}).init(); (&b{}).init() }`)
	var slow Place
	for _, op := range p.w.ops {
		if op.Kind == "lock" && shortName(op.Fn) == "sync.(*Once).doSlow" {
			slow = p.w.place(op.Pos)
		}
	}
	for _, name := range []string{"a", "b"} {
		stack := p.stack("runtime.gopark", "sync.(*Mutex).Lock", "main.(*"+name+").init@"+name)
		do := Frame{Function: "sync.(*Once).doSlow", File: slow.File, Line: slow.Line}
		stack.Frames = append(stack.Frames[:2:2], do, stack.Frames[2])
		for _, waiting := range p.w.Places(p.w.Resolve([]Stack{stack}), 0, 2, []string{"lock"}) {
			if waiting.Name != "main."+name+".once" {
				t.Errorf("%s: %q", name, waiting.Name)
			}
		}
	}
}
