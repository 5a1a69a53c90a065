package facts

import "testing"

func TestAReturnWithTheLockIsALeak(t *testing.T) {
	leaks := func(body string) []string {
		p := program(t, "type s struct{ mu sync.Mutex }\nfunc main() { (&s{}).f(true) }\nfunc (s *s) f(x bool) {\n"+body+"\n}")
		out := map[string]bool{}
		for _, l := range p.answer("take", "lock").Leaks {
			out[p.at(l.File, l.Line)] = true
		}
		return sortedNames(out)
	}
	p := &told{T: t}
	p.is("an early one", leaks("s.mu.Lock() // take\n if x {\n return // early\n }\n s.mu.Unlock()"), "early")
	p.is("a panic", leaks("s.mu.Lock() // take\n if x {\n panic(1) // panics\n }\n s.mu.Unlock()"), "panics")
	p.is("a panic with a deferred unlock", leaks("s.mu.Lock() // take\n defer s.mu.Unlock()\n if x {\n panic(1)\n }"))
	p.is("a deferred literal", leaks("s.mu.Lock() // take\n defer func() { s.mu.Unlock() }()\n if x {\n return\n }"))
	p.is("TryLock", leaks("if !s.mu.TryLock() { // take\n return\n }\n if x {\n return // early\n }\n s.mu.Unlock()"), "early")
	p.is("a wrapper", leaks("s.mu.Lock() // take"))
}

func TestALockOutOfAMapIsGivenBackByAnotherFunction(t *testing.T) {
	p := program(t, `
type locks struct { mu sync.RWMutex; m map[string]*sync.Mutex }
func (l *locks) take(name string) {
	l.mu.Lock()
	l.m[name].Lock() // taken
	l.mu.Unlock()
}
func (l *locks) give(name string) {
	l.mu.RLock() // here
	l.m[name].Unlock() // given
	l.mu.RUnlock()
}
func main() {
	l := &locks{m: map[string]*sync.Mutex{"a": {}}}
	l.take("a")
	l.give("a")
}`)
	stack := p.stack("sync.runtime_SemacquireRWMutexR", "main.(*locks).give@here", "main.main")
	c := p.answer("taken", "lock", stack)
	if len(c.Leaks) > 0 {
		t.Errorf("whoever takes it leaves that to give: %+v", c.Leaks)
	}
	for _, op := range c.Operations {
		if p.at(op.File, op.Line) == "given" && !op.Bare {
			t.Errorf("%+v", op)
		}
	}
	p.has("comers", p.comers(c), "unlock given by 0")
}

func TestALockOutOfAMapThatNobodyElseGivesBackIsLeaked(t *testing.T) {
	p := program(t, `
type locks struct { mu sync.Mutex; m map[string]*sync.Mutex }
func (l *locks) take(name string) {
	l.mu.Lock()
	l.m[name].Lock() // taken
	l.mu.Unlock()
}
func main() {
	l := &locks{m: map[string]*sync.Mutex{"a": {}}}
	l.take("a")
	l.take("a")
}`)
	if c := p.answer("taken", "lock"); len(c.Leaks) != 1 {
		t.Errorf("%+v", c.Leaks)
	}
}
