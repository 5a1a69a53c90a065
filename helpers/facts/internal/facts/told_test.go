package facts

import (
	"fmt"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// A told is a program as text, with its world. Lines are known by marks: `// put` at their ends.
type told struct {
	*testing.T
	w     *World
	lines map[string]Place
	marks map[Place]string
}

var (
	mark      = regexp.MustCompile(`// (\w+)$`)
	qualified = regexp.MustCompile(`\b([a-z]\w*)\.[A-Z]`)
)

// at is the mark of a line, or else its number.
func (p *told) at(file string, line int) string {
	if name := p.marks[Place{file, line}]; name != "" {
		return name
	}
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

func (p *told) placeOf(pos token.Pos) string {
	at := p.w.place(pos)
	return p.at(at.File, at.Line)
}

// ops are the operations of a marked line, of one kind where one is given: `wait` or `wait/lock`.
func (p *told) ops(name string) []*Op {
	p.Helper()
	name, kind := cut(name)
	at, ok := p.lines[name]
	if !ok {
		p.Fatalf("no line is marked %s", name)
	}
	var out []*Op
	for _, op := range p.w.ops {
		if p.w.place(op.Pos) == at && (kind == "" || op.Kind == kind) {
			out = append(out, op)
		}
	}
	return out
}

func cut(name string) (string, string) {
	if at := strings.Index(name, "/"); at >= 0 {
		return name[:at], name[at+1:]
	}
	return name, ""
}

// same are the operations that may be on the object of a marked line: `send put`, and what is not known of it.
func (p *told) same(name string) []string {
	p.Helper()
	waits := p.ops(name)
	if len(waits) == 0 {
		p.Fatalf("no operation at %s", name)
	}
	c := p.w.classOf(waits)
	out := map[string]bool{}
	for _, op := range c.ops {
		out[op.Kind+" "+p.placeOf(op.Pos)] = true
	}
	if c.unknown {
		out["unknown"] = true
	}
	for _, at := range c.library {
		if at != nil {
			out["library "+opaqueName(p.w, at)] = true
		}
	}
	for _, op := range waits {
		delete(out, op.Kind+" "+p.placeOf(op.Pos))
	}
	return sortedNames(out)
}

// ways are who may come to an operation for an object that is there already.
func (p *told) ways(name string, stacks ...Stack) []string {
	p.Helper()
	out := map[string]bool{}
	ops := p.ops(name)
	if len(ops) == 0 {
		p.Fatalf("no operation at %s", name)
	}
	for _, op := range ops {
		routes, entries, _ := p.w.routesTo(op, p.w.classOf(ops), p.w.Resolve(stacks))
		for _, r := range routes {
			out["in "+p.placeOf(positionOf(r.site))] = true
		}
		for _, e := range entries {
			out["open: "+e.why] = true
		}
	}
	return sortedNames(out)
}

// reaches tells whether anybody from outside may come to an operation.
func (p *told) isOpen(name string) bool {
	p.Helper()
	for _, way := range p.ways(name) {
		if strings.HasPrefix(way, "open: ") {
			return true
		}
	}
	return false
}

func (p *told) is(what string, got []string, want ...string) {
	p.Helper()
	sort.Strings(want)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		p.Errorf("%s: %q, not %q", what, got, want)
	}
}

func (p *told) has(what string, got []string, want ...string) {
	p.Helper()
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			p.Errorf("%s: %q is not among %q", what, w, got)
		}
	}
}

// stack is a goroutine's: `main.f@mark`, innermost first. One that begins with a function of the runtime is parked.
func (p *told) stack(frames ...string) Stack {
	p.Helper()
	s := Stack{ID: "S", Parked: strings.HasPrefix(frames[0], "runtime.")}
	for _, frame := range frames {
		at := strings.LastIndex(frame, "@")
		if at < 0 {
			s.Frames = append(s.Frames, Frame{Function: frame, File: "/go/" + strings.Split(frame, ".")[0] + ".go", Line: 1})
			continue
		}
		place, ok := p.lines[frame[at+1:]]
		if !ok {
			p.Fatalf("no line is marked %s", frame[at+1:])
		}
		s.Frames = append(s.Frames, Frame{Function: frame[:at], File: place.File, Line: place.Line})
	}
	return s
}

// answer asks who could end a wait.
func (p *told) answer(name, mode string, stacks ...Stack) *Class {
	p.Helper()
	var ids []int
	for _, op := range p.ops(name) {
		ids = append(ids, op.ID)
	}
	return p.w.Answer(p.w.Resolve(stacks), ids, mode)
}

// comers are the stacks that may come to operations, and the ways in from outside: `send put by 1`.
func (p *told) comers(c *Class) []string {
	out := map[string]bool{}
	for _, o := range c.Operations {
		what := o.Kind + " " + p.at(o.File, o.Line)
		for _, s := range append(append([]Spot{}, o.OnStack...), o.Routes...) {
			out[fmt.Sprintf("%s by %d", what, s.Stack)] = true
		}
		for range o.Open {
			out[what+" from outside"] = true
		}
	}
	return sortedNames(out)
}

// holders are the stacks that have taken a lock: `lock take by 1`, with ? where that is not certain.
func (p *told) holders(c *Class) []string {
	out := map[string]bool{}
	for _, h := range c.Holders {
		text := fmt.Sprintf("%s %s by %d", h.Kind, p.at(h.File, h.Line), h.Stack)
		if !h.Always {
			text += "?"
		}
		out[text] = true
	}
	return sortedNames(out)
}
