package facts

import (
	"fmt"
	"go/types"
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

// givenTo is what a field of an object is set to in the function that makes it.
func (w *World) givenTo(made *ssa.Alloc, p Path, s step, depth int) []Path {
	key := locKey("F" + s.owner + "#" + itoa(s.index))
	var out []Path
	for _, v := range storesToField(made, s.index) {
		out = append(out, w.paths(v, depth)...)
	}
	// A struct that was copied has the other one's fields.
	for _, v := range wholeStores(made) {
		for _, from := range w.paths(v, depth) {
			out = append(out, w.fieldOf(from, s, depth+1)...)
		}
		if len(w.paths(v, depth)) == 0 {
			out = append(out, heapPath())
		}
	}
	if len(out) == 0 && w.isMadeAnew(key) {
		return []Path{p.with(s)}
	}
	if w.moved[key] || len(out) == 0 {
		out = append(out, heapPath())
	}
	return out
}

// givenByMaker looks into the function that made an object.
func (w *World) givenByMaker(made *ssa.Call, p Path, s step, depth int) []Path {
	key := locKey("F" + s.owner + "#" + itoa(s.index))
	callees := w.callees[made]
	if depth > maxDepth || len(callees) == 0 || w.isMadeAnew(key) {
		if w.isMadeAnew(key) {
			return []Path{p.with(s)}
		}
		return []Path{heapPath()}
	}
	mark := struct {
		call *ssa.Call
		key  locKey
	}{made, key}
	if w.busy[mark] {
		return []Path{heapPath()}
	}
	w.busy[mark] = true
	defer delete(w.busy, mark)
	var out []Path
	for _, fn := range callees {
		if isOpaque(fn) {
			return []Path{heapPath()}
		}
		for _, returned := range w.returned(fn, 0, depth) {
			for _, inner := range w.fieldOf(returned, s, depth+1) {
				out = append(out, w.inCaller(inner, fn, made, depth+1)...)
			}
		}
	}
	return unique(out)
}

// isMadeAnew: whatever the program puts into the field was made for it, or lies in the struct itself.
func (w *World) isMadeAnew(key locKey) bool {
	if w.copied[key] {
		return false
	}
	for _, v := range w.stores[key] {
		if !isNew(v) {
			return false
		}
	}
	return true
}

// wholeStores are the structs that are copied into one.
func wholeStores(made *ssa.Alloc) []ssa.Value {
	var out []ssa.Value
	for _, ref := range *made.Referrers() {
		if store, ok := ref.(*ssa.Store); ok && store.Addr == made {
			out = append(out, store.Val)
		}
	}
	return out
}

// storesToVariable are the values a local variable is set to, by its function and the closures in it.
func (w *World) storesToVariable(a *ssa.Alloc) ([]ssa.Value, bool) {
	var out []ssa.Value
	addresses := []ssa.Value{a}
	seen := map[ssa.Value]bool{a: true}
	for len(addresses) > 0 {
		at := addresses[0]
		addresses = addresses[1:]
		if at.Referrers() == nil {
			return nil, false
		}
		for _, ref := range *at.Referrers() {
			switch ref := ref.(type) {
			case *ssa.Store:
				if ref.Addr == at {
					out = append(out, ref.Val)
				} else {
					return nil, false
				}
			case *ssa.MakeClosure:
				fn := ref.Fn.(*ssa.Function)
				for i, b := range ref.Bindings {
					if b == at && i < len(fn.FreeVars) && !seen[fn.FreeVars[i]] {
						seen[fn.FreeVars[i]] = true
						addresses = append(addresses, fn.FreeVars[i])
					}
				}
			case *ssa.UnOp, *ssa.DebugRef, *ssa.FieldAddr, *ssa.IndexAddr:
			default:
				// Its address goes elsewhere: anybody may set it.
				if !isStructCell(a) {
					return nil, false
				}
			}
		}
	}
	if isStructCell(a) {
		return nil, false
	}
	return out, true
}

func isStructCell(a *ssa.Alloc) bool {
	_, ok := deref(a.Type()).Underlying().(*types.Struct)
	return ok
}

// storesToField are the values that a field of an object made here is set to in this function.
func storesToField(a *ssa.Alloc, field int) []ssa.Value {
	var out []ssa.Value
	for _, ref := range *a.Referrers() {
		f, ok := ref.(*ssa.FieldAddr)
		if !ok || f.Field != field {
			continue
		}
		for _, use := range *f.Referrers() {
			if store, ok := use.(*ssa.Store); ok && store.Addr == f {
				out = append(out, store.Val)
			}
		}
	}
	return out
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

// result is where a result of a call comes from: what the functions that it may run return.
func (w *World) result(call *ssa.Call, index int, depth int) []Path {
	name := calledName(&call.Call)
	if contextMakers[name] {
		return []Path{{root: rootFresh, value: call, steps: []step{{"result", index, ""}}}}
	}
	switch name {
	case newCond, newWeighted:
		return []Path{{root: rootFresh, value: call}}
	case "context.WithValue", "context.WithoutCancel":
		return w.paths(call.Call.Args[0], depth)
	case "context.Background", "context.TODO":
		return nil
	}
	if isAtomicLoad(name) && len(call.Call.Args) > 0 {
		return w.load(call.Call.Args[0], depth)
	}
	if call.Call.IsInvoke() && name == "context.Context.Done" {
		return w.extend(w.paths(call.Call.Value, depth), step{"done", 0, "Done()"})
	}
	callees := w.callees[call]
	if len(callees) == 0 || len(callees) > maxPaths {
		return []Path{heapPath()}
	}
	var out []Path
	for _, fn := range callees {
		if isOpaque(fn) {
			// A constructor of the library makes something new, but what it returns may as well be old.
			return []Path{heapPath()}
		}
		for _, p := range w.returned(fn, index, depth) {
			out = append(out, w.inCaller(p, fn, call, depth)...)
		}
	}
	return out
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

// returned tells where a result of a function comes from, seen from inside it.
func (w *World) returned(fn *ssa.Function, index int, depth int) []Path {
	if known, ok := w.returnsM[fn]; ok && index < len(known) && known[index] != nil {
		return known[index]
	}
	if w.busy[fn] || depth > maxDepth {
		return []Path{heapPath()}
	}
	w.busy[fn] = true
	defer delete(w.busy, fn)
	var out []Path
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && index < len(ret.Results) {
			out = append(out, w.paths(ret.Results[index], depth+1)...)
		}
	}
	out = unique(out)
	if out == nil {
		out = []Path{}
	}
	known := w.returnsM[fn]
	for len(known) <= index {
		known = append(known, nil)
	}
	known[index] = out
	w.returnsM[fn] = known
	return out
}

// inCaller says what a path of a called function is in the function that calls it.
func (w *World) inCaller(p Path, fn *ssa.Function, site ssa.CallInstruction, depth int) []Path {
	switch p.root {
	case rootGlobal, rootHeap:
		return []Path{p}
	case rootFresh:
		// Made by the call: anew for whoever calls.
		if v, ok := site.(ssa.Value); ok {
			return []Path{{root: rootFresh, value: v, steps: p.steps}}
		}
		return []Path{{root: rootFresh, value: p.value, steps: p.steps}}
	case rootParam:
		arg := argument(site.Common(), fn, p.index)
		if arg == nil {
			return []Path{heapPath()}
		}
		return w.follow(w.paths(arg, depth), p.steps, depth)
	case rootFree:
		c := site.Common()
		if c.IsInvoke() {
			return []Path{heapPath()}
		}
		value := c.Value
		if made, ok := value.(*ssa.MakeClosure); ok && made.Fn == fn {
			return w.follow(w.boundTo(made.Bindings[p.index], depth), p.steps, depth)
		}
		base := w.paths(value, depth)
		return w.follow(base, append([]step{{"closure", p.index, ""}}, p.steps...), depth)
	}
	return []Path{heapPath()}
}

// follow goes on from paths over steps, into closures that are in sight.
func (w *World) follow(base []Path, steps []step, depth int) []Path {
	out := base
	for _, s := range steps {
		var next []Path
		for _, p := range out {
			if made, ok := p.value.(*ssa.MakeClosure); ok && p.root == rootFresh && len(p.steps) == 0 && s.owner == "closure" {
				if s.index < len(made.Bindings) {
					next = append(next, w.boundTo(made.Bindings[s.index], depth)...)
				}
				continue
			}
			if s.owner == elementStep && p.root == rootFresh {
				next = append(next, heapPath())
				continue
			}
			if s.isField() {
				next = append(next, w.fieldOf(p, s, depth)...)
				continue
			}
			next = append(next, p.with(s))
		}
		out = next
	}
	return unique(out)
}

// boundTo is where what a closure captured comes from: of a variable, what it is set to.
func (w *World) boundTo(binding ssa.Value, depth int) []Path {
	if a, ok := binding.(*ssa.Alloc); ok && !isStructCell(a) {
		return w.load(a, depth)
	}
	return w.paths(binding, depth)
}

// argument is what a call passes for a parameter of the function that it runs; nil where that cannot be told.
func argument(c *ssa.CallCommon, fn *ssa.Function, index int) ssa.Value {
	if c.IsInvoke() {
		if index == 0 {
			return c.Value
		}
		index--
	}
	if index < len(c.Args) {
		return c.Args[index]
	}
	return nil
}

func isFresh(paths []Path) bool {
	for _, p := range paths {
		if p.root != rootFresh {
			return false
		}
	}
	return len(paths) > 0
}

func itoa(n int) string { return fmt.Sprint(n) }
