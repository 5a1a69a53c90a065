package facts

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// maxPaths is how many origins of one value are told apart.
const maxPaths = 8

// maxDepth is how deep a value is followed through others; deeper, it is taken for anything.
const maxDepth = 200

// Paths tells where a value may come from; no paths at all is nil and the like.
func (w *World) Paths(v ssa.Value) []Path { return w.paths(v, 0) }

func (w *World) paths(v ssa.Value, depth int) []Path {
	if known, ok := w.pathsM[v]; ok {
		return known
	}
	if w.busy[v] || depth > maxDepth {
		return nil
	}
	w.busy[v] = true
	found := unique(w.findPaths(v, depth+1))
	delete(w.busy, v)
	// What was cut off by a cycle further up may be incomplete: it is kept only where the walk began.
	if depth == 0 || len(w.busy) == 0 {
		w.pathsM[v] = found
	} else if !isLooping(v) {
		w.pathsM[v] = found
	}
	return found
}

// isLooping tells whether a value may depend on itself.
func isLooping(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.Parameter, *ssa.FreeVar, *ssa.Global, *ssa.Const, *ssa.Alloc, *ssa.MakeChan, *ssa.MakeClosure, *ssa.Function:
		return false
	}
	return true
}

func (w *World) all(values []ssa.Value, depth int) []Path {
	var out []Path
	for _, v := range values {
		out = append(out, w.paths(v, depth)...)
	}
	return out
}

func (w *World) extend(paths []Path, s step) []Path {
	out := make([]Path, 0, len(paths))
	for _, p := range paths {
		out = append(out, p.with(s))
	}
	return out
}

// findPaths goes by the kind of value, one case each: apart they would be looked for in as many places.
func (w *World) findPaths(v ssa.Value, depth int) []Path {
	switch v := v.(type) {
	case *ssa.Parameter:
		for i, p := range v.Parent().Params {
			if p == v {
				return []Path{{root: rootParam, index: i}}
			}
		}
	case *ssa.FreeVar:
		for i, p := range v.Parent().FreeVars {
			if p == v {
				return []Path{{root: rootFree, index: i}}
			}
		}
	case *ssa.Global:
		return []Path{{root: rootGlobal, value: v}}
	case *ssa.Const, *ssa.Builtin:
		return nil
	case *ssa.Alloc, *ssa.MakeChan, *ssa.MakeClosure, *ssa.MakeMap, *ssa.MakeSlice, *ssa.Function:
		return []Path{{root: rootFresh, value: v}}
	case *ssa.FieldAddr:
		return w.throughField(v.X, v.Field, depth)
	case *ssa.Field:
		return w.throughField(v.X, v.Field, depth)
	case *ssa.Phi:
		return w.all(v.Edges, depth)
	case *ssa.ChangeType:
		return w.paths(v.X, depth)
	case *ssa.Convert:
		return w.paths(v.X, depth)
	case *ssa.ChangeInterface:
		return w.paths(v.X, depth)
	case *ssa.MakeInterface:
		return w.paths(v.X, depth)
	case *ssa.TypeAssert:
		return w.paths(v.X, depth)
	case *ssa.Slice:
		return w.paths(v.X, depth)
	case *ssa.IndexAddr:
		return w.elements(v.X, depth)
	case *ssa.Lookup:
		return w.elements(v.X, depth)
	case *ssa.UnOp:
		if v.Op.String() == "*" {
			return w.load(v.X, depth)
		}
	case *ssa.Extract:
		switch t := v.Tuple.(type) {
		case *ssa.TypeAssert:
			if v.Index == 0 {
				return w.paths(t.X, depth)
			}
		case *ssa.Call:
			return w.result(t, v.Index, depth)
		case *ssa.Lookup:
			if v.Index == 0 {
				return w.elements(t.X, depth)
			}
		case *ssa.Next:
			if r, ok := t.Iter.(*ssa.Range); ok && v.Index == 2 {
				return w.elements(r.X, depth)
			}
		}
	case *ssa.Call:
		return w.result(v, 0, depth)
	}
	return []Path{heapPath()}
}

func (w *World) throughField(x ssa.Value, field int, depth int) []Path {
	s := w.fieldStep(x.Type(), field)
	base := w.paths(x, depth)
	if len(base) == 0 {
		return []Path{heapPath()}
	}
	return w.extend(base, s)
}

// elements are those of a container: which one of them is not told. Those of a container that was made here may be older
// than it.
func (w *World) elements(x ssa.Value, depth int) []Path {
	var out []Path
	for _, p := range w.paths(x, depth) {
		if p.root == rootFresh {
			p = heapPath()
		}
		out = append(out, p.with(step{owner: elementStep}))
	}
	if len(out) == 0 {
		return []Path{heapPath()}
	}
	return out
}

func (w *World) fieldStep(t types.Type, field int) step {
	owner := deref(t)
	st, ok := owner.Underlying().(*types.Struct)
	if !ok || field >= st.NumFields() {
		return step{owner: "?", index: field}
	}
	return step{w.twinOf(w.keys.of(owner)), field, st.Field(field).Name()}
}

// load is what a location holds: of a variable that is set once in sight, what it is set to; of a field of an object
// that was made here, what the field was given.
func (w *World) load(addr ssa.Value, depth int) []Path {
	switch a := addr.(type) {
	case *ssa.Alloc:
		if values, ok := w.storesToVariable(a); ok && len(values) > 0 {
			return w.all(values, depth)
		}
		if _, ok := deref(a.Type()).Underlying().(*types.Struct); ok {
			return []Path{{root: rootFresh, value: a}}
		}
		return []Path{heapPath()}
	case *ssa.FreeVar:
		// A captured variable that is set once is what it was set to, wherever it is read.
		return w.paths(a, depth)
	case *ssa.FieldAddr:
		base := w.paths(a.X, depth)
		s := w.fieldStep(a.X.Type(), a.Field)
		var out []Path
		for _, p := range base {
			out = append(out, w.fieldOf(p, s, depth)...)
		}
		if len(base) == 0 {
			return []Path{heapPath()}
		}
		return out
	case *ssa.Global:
		return []Path{{root: rootGlobal, value: a}}
	}
	return w.paths(addr, depth)
}

// fieldOf is what a field holds. Of an object made in this very function, that is what it was given here; what it was
// given elsewhere may be older than the object itself.
func (w *World) fieldOf(p Path, s step, depth int) []Path {
	if p.root != rootFresh || len(p.steps) > 0 {
		return []Path{p.with(s)}
	}
	switch made := p.value.(type) {
	case *ssa.Alloc:
		return w.givenTo(made, p, s, depth)
	case *ssa.Call:
		return w.givenByMaker(made, p, s, depth)
	}
	return []Path{p.with(s)}
}

// newCond makes a condition variable anew with each call; taken as a place of making by itself, it keeps those of
// different places apart.
const newCond = "sync.NewCond"

// newWeighted makes a semaphore anew, in the same way.
const newWeighted = semaphorePackage + ".NewWeighted"

func makesAnew(name string) bool { return name == newCond || name == newWeighted }

// contextMakers make a context, and a function that ends it, anew with each call.
var contextMakers = map[string]bool{
	"context.WithCancel": true, "context.WithCancelCause": true, "context.WithTimeout": true,
	"context.WithDeadline": true, "context.WithTimeoutCause": true, "context.WithDeadlineCause": true,
	"os/signal.NotifyContext": true,
}

func isAtomicLoad(name string) bool { return isAtomic(name, "Load", "Swap") }

func isAtomicStore(name string) bool { return isAtomic(name, "Store", "Swap", "CompareAndSwap") }

func isAtomicAccess(name string) bool { return isAtomicLoad(name) || isAtomicStore(name) }

func isAtomic(name string, methods ...string) bool {
	for _, method := range methods {
		if name == "sync/atomic."+method+"Pointer" {
			return true
		}
	}
	if !strings.HasPrefix(name, "sync/atomic.(*Value).") && !strings.HasPrefix(name, "sync/atomic.(*Pointer[") {
		return false
	}
	for _, method := range methods {
		if strings.HasSuffix(name, ")."+method) {
			return true
		}
	}
	return false
}

func isFresh(paths []Path) bool {
	for _, p := range paths {
		if p.root != rootFresh {
			return false
		}
	}
	return len(paths) > 0
}
