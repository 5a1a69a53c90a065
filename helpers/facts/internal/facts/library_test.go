package facts

import "testing"

// Of each text the library may run the send, when it wants.
func TestWhatTheLibraryMayCall(t *testing.T) {
	const head = `
type s struct{ c chan int }
func (x *s) put() { x.c <- 1 } // put
func main() { x := &s{make(chan int)}; use(x); <-x.c }
`
	for name, body := range map[string]string{
		"time.AfterFunc":                   "func use(x *s) { time.AfterFunc(time.Second, x.put) }",
		"a literal in time.AfterFunc":      "func use(x *s) { time.AfterFunc(time.Second, func() { x.put() }) }",
		"a literal that calls a parameter": "func after(d time.Duration, f func()) { time.AfterFunc(d, func() { f() }) }\nfunc use(x *s) { after(1, x.put) }",
		"context.AfterFunc":                "func use(x *s) { context.AfterFunc(context.Background(), x.put) }",
		"http.HandleFunc":                  "func use(x *s) { http.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { x.put() }) }",
		"http.HandlerFunc":                 "func (x *s) serve(w http.ResponseWriter, r *http.Request) { x.put() }\nfunc use(x *s) { http.Handle(\"/\", http.HandlerFunc(x.serve)) }",
		"a Handler":                        "func (x *s) ServeHTTP(w http.ResponseWriter, r *http.Request) { x.put() }\nfunc use(x *s) { http.Handle(\"/\", x) }",
		"a Handler behind middleware":      "type h struct{ next http.Handler }\nfunc (y h) ServeHTTP(w http.ResponseWriter, r *http.Request) { y.next.ServeHTTP(w, r) }\nfunc (x *s) ServeHTTP(w http.ResponseWriter, r *http.Request) { x.put() }\nfunc use(x *s) { http.Handle(\"/\", h{x}) }",
		"a Stringer of fmt":                "func (x *s) String() string { x.put(); return \"\" }\nfunc use(x *s) { fmt.Println(1, x) }",
		"a Stringer inside of a struct":    "type Outer struct{ In *s }\nfunc (x *s) String() string { x.put(); return \"\" }\nfunc use(x *s) { fmt.Println(Outer{x}) }",
		"a Stringer in a slice":            "func (x *s) String() string { x.put(); return \"\" }\nfunc use(x *s) { fmt.Println([]*s{x}) }",
		"a Writer of fmt":                  "func (x *s) Write(b []byte) (int, error) { x.put(); return 0, nil }\nfunc use(x *s) { fmt.Fprint(x, 1) }",
		"a field of one of its structs":    "func use(x *s) { (&http.Server{ConnState: func(c net.Conn, t http.ConnState) { x.put() }}).ListenAndServe() }",
		"a method that net/rpc finds":      "type Box struct{ x *s }\nfunc (b *Box) Put(n int, m *int) error { b.x.put(); return nil }\nfunc use(x *s) { rpc.Register(&Box{x}) }",
		"a method that reflect finds":      "func (x *s) Put() { x.put() }\nfunc use(x *s) { reflect.ValueOf(x).MethodByName(\"Put\").Call(nil) }",
		"a function that reflect calls":    "func use(x *s) { reflect.ValueOf(x.put).Call(nil) }",
		"a map of functions":               "func use(x *s) { template.New(\"\").Funcs(template.FuncMap{\"f\": func() int { x.put(); return 1 }}) }",
		"what reflect makes of it":         "func use(x *s) { f := reflect.MakeFunc(nil, func([]reflect.Value) []reflect.Value { x.put(); return nil }); f.Call(nil) }",
		"a finalizer":                      "func use(x *s) { runtime.SetFinalizer(x, (*s).put) }",
		"what Go hands to C":               "",
	} {
		if body == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p := program(t, head+body)
			if !p.isOpen("put") {
				t.Errorf("only %q may", p.ways("put"))
			}
		})
	}
}

func TestTheLibraryDoesNotCallWhatItNeverGets(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func (x *s) Close() error { x.c <- 1; return nil } // put
type closer interface{ Close() error }
func end(c closer) { c.Close() } // end
func main() {
	x := &s{make(chan int)}
	end(x)
	all := map[string]*s{"a": x}
	for name, y := range all { fmt.Println(name, len(y.c)) }
	http.Get("")
	<-x.c
}`)
	if p.isOpen("put") {
		t.Errorf("%q", p.ways("put"))
	}
	p.has("ways", p.ways("put"), "in end")
}

func TestWhatIsPrintedHasItsMethodsCalledAndNoFunctionOfIts(t *testing.T) {
	for name, body := range map[string]string{
		"in an interface":        "type work func()\nfunc (f work) Name() string { return \"\" }\ntype named interface{ Name() string }\nvar c = make(chan named)\nfunc run() { for n := range c { if f, ok := n.(work); ok { f() } else { fmt.Println(n) } } } // use\nfunc use(x *s) { go run(); c <- work(x.put) }",
		"where its type is told": "var c = make(chan any)\nfunc run() { for n := range c { if f, ok := n.(func()); ok { f() } else { fmt.Println(reflect.TypeOf(n)) } } } // use\nfunc use(x *s) { go run(); c <- x.put }",
		"in a log":               "type task struct{ f func() }\nvar c = make(chan *task)\nfunc run() { for n := range c { log.Printf(\"%v\", n); n.f() } } // use\nfunc use(x *s) { go run(); c <- &task{x.put} }",
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, `
type s struct{ c chan int }
func (x *s) put() { x.c <- 1 } // put
func main() { x := &s{make(chan int)}; use(x); <-x.c }
`+body)
			p.has("ways", p.ways("put"), "in use")
			if p.isOpen("put") {
				t.Errorf("may be called by anybody: %q", p.ways("put"))
			}
		})
	}
}

func TestFunctionsThatTheLibraryCallsAreFollowedWhereItsBodiesAreRead(t *testing.T) {
	for name, body := range map[string]string{
		"Once.Do":         "func use(x *s) { var o sync.Once; o.Do(x.put) } // use",
		"OnceFunc":        "func use(x *s) { sync.OnceFunc(x.put)() } // use",
		"sync.Map.Range":  "func use(x *s) { var m sync.Map; m.Range(func(k, v any) bool { x.put(); return true }) } // use",
		"sync.Pool":       "func use(x *s) { p := sync.Pool{New: func() any { x.put(); return 1 }}; p.Get() } // use",
		"errgroup.Go":     "func use(x *s) { var g errgroup.Group; g.Go(func() error { x.put(); return nil }) } // use",
		"WaitGroup.Go":    "func use(x *s) { var g sync.WaitGroup; g.Go(x.put) } // use",
		"sort.Slice":      "func use(x *s) { sort.Slice(nil, func(i, j int) bool { x.put(); return true }) } // use",
		"slices.SortFunc": "func use(x *s) { slices.SortFunc([]int{1}, func(i, j int) int { x.put(); return 1 }) } // use",
		"iter.Seq":        "func use(x *s) { for range slices.Values([]int{1}) { x.put() } } // use",
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, `
type s struct{ c chan int }
func (x *s) put() { x.c <- 1 } // put
func main() { x := &s{make(chan int)}; use(x); <-x.c }
`+body)
			got := p.ways("put", p.stack("runtime.gopark", "main.use@use"))
			p.has("ways", got, "in use")
			if p.isOpen("put") && name != "errgroup.Go" {
				t.Logf("open as well: %q", got)
			}
		})
	}
}

func TestAGenericMethodValueIsCalledByTheLibraryBehindOnce(t *testing.T) {
	p := program(t, `
type future[T any] struct{ once sync.Once; done chan struct{}; v T }
func (f *future[T]) set(v T) { f.once.Do(func() { f.v = v; close(f.done) }) } // put
func (f *future[T]) get() T { <-f.done; return f.v }
func after[T any](d time.Duration, v T, set func(T)) { time.AfterFunc(d, func() { set(v) }) } // after
func main() {
	f := &future[int]{done: make(chan struct{})}
	after(time.Hour, 1, f.set)
	f.get()
}`)
	if !p.isOpen("put/close") {
		t.Errorf("only %q may", p.ways("put/close"))
	}
}
