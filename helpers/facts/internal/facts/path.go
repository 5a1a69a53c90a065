package facts

import (
	"fmt"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Path tells where a value or an object comes from, seen from inside one function: what it hangs on, and which
// fields lead from there to it. The address of a field and the field itself have one path.
type Path struct {
	root  rootKind
	index int       // of a parameter or a captured variable
	value ssa.Value // what was made here, or the package variable
	steps []step
}

type rootKind int

const (
	// rootParam hangs on a parameter, the receiver included.
	rootParam rootKind = iota
	// rootFree hangs on a captured variable.
	rootFree
	// rootGlobal hangs on a package variable.
	rootGlobal
	// rootFresh hangs on what this very activation makes.
	rootFresh
	// rootHeap is anything that is somewhere already: an element, a received value, a result that was not followed.
	rootHeap
)

// A step is a field of a struct, some element of a container, a captured variable of a closure, or a result of a call.
type step struct {
	owner string // key of the struct type; "closure" or "result"
	index int
	name  string
}

// isField: the others are no fields of a struct, so that no text leads there.
func (s step) isField() bool {
	switch s.owner {
	case "closure", "result", "done", elementStep:
		return false
	}
	return true
}

const maxSteps = 6

func (p Path) key() string {
	var b strings.Builder
	switch p.root {
	case rootParam:
		fmt.Fprintf(&b, "p%d", p.index)
	case rootFree:
		fmt.Fprintf(&b, "f%d", p.index)
	case rootGlobal:
		fmt.Fprintf(&b, "g%s", p.value.String())
	case rootFresh:
		fmt.Fprintf(&b, "n%p", p.value)
	default:
		return "heap"
	}
	for _, s := range p.steps {
		fmt.Fprintf(&b, ".%s#%d", s.owner, s.index)
	}
	return b.String()
}

func heapPath() Path { return Path{root: rootHeap} }

func (p Path) with(s step) Path {
	if p.root == rootHeap || len(p.steps) >= maxSteps {
		return heapPath()
	}
	return Path{p.root, p.index, p.value, append(append([]step{}, p.steps...), s)}
}

func unique(paths []Path) []Path {
	seen := map[string]bool{}
	out := paths[:0:0]
	for _, p := range paths {
		if k := p.key(); !seen[k] {
			seen[k] = true
			out = append(out, p)
		}
	}
	if len(out) > maxPaths {
		return []Path{heapPath()}
	}
	return out
}

const elementStep = "element"

// isSome: the path leads through an element of a container, so that it is not one object.
func (p Path) isSome() bool {
	for _, s := range p.steps {
		if s.owner == elementStep {
			return true
		}
	}
	return false
}

func itoa(n int) string { return fmt.Sprint(n) }
