package facts

import "testing"

func TestGenericChannelsAreFollowedByInstance(t *testing.T) {
	p := program(t, `
type future[T any] struct{ done chan T }
func (f *future[T]) set(v T) { f.done <- v } // set
func (f *future[T]) get() T { return <-f.done } // get
func make1[T any]() *future[T] { return &future[T]{make(chan T)} }
func drain[T any](from chan T) { for range from { } } // drain
func main() {
	a, b := make1[int](), make1[string]()
	go a.set(1); a.get(); go b.set(""); b.get()
	c := make(chan int8)
	go drain(c)
	c <- 1 // send
}`)
	p.is("get", p.same("get"), "send set")
	p.is("send", p.same("send"), "receive drain")
}

func TestAGenericStructHasNoOffsetsBeforeItIsAnInstance(t *testing.T) {
	p := program(t, `
type pair[K comparable, V any] struct{ k K; v [2]V; mu sync.Mutex; done chan V }
func (x *pair[K, V]) lock() { x.mu.Lock(); <-x.done } // lock
func never[T any](x *pair[string, T]) { x.mu.Unlock(); x.done <- x.v[0] } // never
func main() { x := &pair[string, int]{}; x.lock(); never(x) }`)
	stack := p.stack("runtime.gopark", "sync.(*Mutex).Lock", "main.(*pair[...]).lock@lock", "main.main")
	p.answer("lock/lock", "lock", stack)
	p.answer("lock/receive", "receive", stack)
	p.w.Places(p.w.Resolve([]Stack{stack}), 0, 2, []string{"lock", "receive"})
}

func TestAFrameOfAGenericFunctionRunsAnyInstance(t *testing.T) {
	p := program(t, `
type future[T any] struct{ done chan T }
func (f *future[T]) get() T { return <-f.done } // get
func a(f *future[int]) { f.done <- 1 } // a
func b(f *future[string]) { f.done <- "" } // b
func main() {
	x, y := &future[int]{make(chan int)}, &future[string]{make(chan string)}
	go a(x); go b(y); x.get(); y.get()
}`)
	stack := p.stack("runtime.gopark", "main.(*future[...]).get@get")
	for _, op := range p.ops("get") {
		if isTemplate(op.Fn) {
			t.Errorf("%s is never run", op.Fn)
		}
		found := map[string]bool{}
		for _, o := range p.w.Answer(p.w.Resolve([]Stack{stack}), []int{op.ID}, "receive").Operations {
			found[p.at(o.File, o.Line)] = true
		}
		p.is("senders", sortedNames(found), "a", "b")
	}
}
