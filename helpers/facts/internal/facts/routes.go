package facts

import (
	"fmt"
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A route is a way by which code that is not at an operation yet may come to it.
type route struct {
	fn   *ssa.Function
	site ssa.Instruction
	// expr is the object in the frame of fn, for a debugger; "" where it cannot be read there.
	expr string
	// operand and more lead to it, as the machine would go.
	operand ssa.Value
	more    Access
	// called is where the operation's function is called as a value.
	called token.Pos
	gates  []*gate
	// made is where fn itself makes the object: an activation that stands before it means another one.
	made ssa.Instruction
	// anew are made in fn each time before the site is come to, the object among them.
	anew []ssa.Instruction
	// closed is a channel's gate: only who is through counts.
	closed *gate
}

// An entry is a way in for code that was not read.
type entry struct {
	why string
	pos token.Pos
	// gates on the way from there.
	gates []*gate
}

type walker struct {
	w       *World
	stacks  *Stacks
	class   *class
	op      *Op
	routes  []route
	entries []entry
	// seen are the gates of the ways by which each function and path was come to.
	seen  map[string][][]int
	gates []*gate
}

// maxRoutes bounds what is told of one operation; more than that is anybody.
const maxRoutes = 5000

// routesTo finds all ways to an operation on an object that is there already. Ways on which the object would first be
// made lead to another one, except for activations that have made it before.
func (w *World) routesTo(op *Op, c *class, stacks *Stacks) ([]route, []entry, []*gate) {
	k := &walker{w: w, stacks: stacks, class: c, op: op, seen: map[string][][]int{}}
	if op.Expr == "library" {
		k.entries = append(k.entries, entry{why: "the cancel function is handed to " + opaqueName(w, op.Instr), pos: op.Pos})
		return k.routes, k.entries, k.gates
	}
	paths := w.Paths(op.Operand)
	if len(paths) == 0 {
		paths = []Path{heapPath()}
	}
	for _, p := range paths {
		k.enter(op.Fn, p, nil, token.NoPos, k.before(op.Fn, op.Instr, p, op, nil))
	}
	return k.routes, k.entries, k.gates
}

func opaqueName(w *World, in ssa.Instruction) string {
	if call, ok := in.(ssa.CallInstruction); ok {
		if name := calledName(call.Common()); name != "" {
			return name
		}
	}
	return "code that was not read"
}

// enter goes on to whoever calls a function from whose entry the operation can be reached.
func (k *walker) enter(fn *ssa.Function, p Path, must *constraint, called token.Pos, gates *gatesOn) {
	if gates.closed || len(k.routes) > maxRoutes {
		return
	}
	if p.root == rootFresh && fn.Parent() == nil {
		// Called anew, it makes another object.
		return
	}
	if p.root == rootFresh {
		if v, ok := p.value.(interface{ Parent() *ssa.Function }); ok && v.Parent() == fn {
			return
		}
	}
	key := fmt.Sprintf("%p %s", fn, p.key())
	if must != nil {
		key += fmt.Sprintf(" %s %p", must.path.key(), must.fn)
	}
	if gates = k.anew(key, gates); gates == nil {
		return
	}
	if why := k.w.library[fn]; why != "" && k.mayBeMade(fn, must) {
		k.entries = append(k.entries, entry{why: fmt.Sprintf("%s may be called by %s", shortName(fn), why), pos: fn.Pos(), gates: gates.locks})
	}
	for _, site := range k.w.callers[fn] {
		k.visit(fn, site, p, must, called, gates)
	}
}

// mostWays bounds how many sets of gates are told apart for one function and path.
const mostWays = 8

// anew are the gates of a way that was not come before; nil where somebody comes there already through no others. With too
// many ways to tell apart, it is as if one led through no gate.
func (k *walker) anew(key string, on *gatesOn) *gatesOn {
	ids := idsOf(on.locks)
	for _, known := range k.seen[key] {
		if isSubset(known, ids) {
			return nil
		}
	}
	if len(k.seen[key]) >= mostWays {
		k.seen[key] = [][]int{nil}
		return &gatesOn{closed: on.closed, gate: on.gate}
	}
	k.seen[key] = append(k.seen[key], ids)
	return on
}

func (k *walker) visit(fn *ssa.Function, site ssa.CallInstruction, p Path, must *constraint, called token.Pos, below *gatesOn) {
	within := site.Parent()
	if within == nil {
		return
	}
	c := site.Common()
	next, ok := k.mustBe(fn, site, must)
	if !ok {
		return
	}
	if c.StaticCallee() == nil && !c.IsInvoke() && called == token.NoPos {
		called = c.Pos()
	}
	outer := k.w.inCaller(p, fn, site, 0)
	if len(outer) == 0 {
		// What it would work on is nil there.
		if p.root == rootParam || p.root == rootFree {
			return
		}
		outer = []Path{heapPath()}
	}
	expr := k.siteExpr(p, fn, site)
	for _, at := range outer {
		if anew := k.w.madeBefore(within, site, at); anew != nil {
			at = Path{root: rootFresh, value: anew}
		}
		// Whoever has taken the lock itself gives back its own.
		if mode := map[string]string{"unlock": "lock", "runlock": "rlock"}[k.op.Kind]; mode != "" && k.w.holdsSomewhere(within, mode, at) {
			continue
		}
		gates := k.before(within, site, at, k.op, below)
		if !gates.closed || k.w.onStack(k.stacks, within) {
			r := route{fn: within, site: site, expr: expr, called: called, gates: gates.locks, closed: gates.gate, made: madeBy(at, within)}
			r.operand, r.more = k.siteAccess(p, fn, site)
			r.anew = anewFor(passedValue(p, fn, site), r.made)
			k.routes = append(k.routes, r)
		}
		if at.root == rootFresh {
			if v, ok := at.value.(interface{ Parent() *ssa.Function }); ok && v.Parent() == within || within.Parent() == nil {
				continue
			}
		}
		k.enter(within, at, next, called, gates)
	}
}

// madeBefore is what a field is set to anew on every way to an instruction: whoever goes on from there has the new one.
func (w *World) madeBefore(fn *ssa.Function, site ssa.Instruction, p Path) ssa.Value {
	if len(p.steps) == 0 || p.root == rootHeap || p.root == rootFresh {
		return nil
	}
	last := p.steps[len(p.steps)-1]
	owner := Path{p.root, p.index, p.value, p.steps[:len(p.steps)-1]}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			store, ok := in.(*ssa.Store)
			if !ok || !isNew(store.Val) {
				continue
			}
			f, ok := store.Addr.(*ssa.FieldAddr)
			if !ok || f.Field != last.index || w.fieldStep(f.X.Type(), f.Field).owner != last.owner || !dominates(store, site) {
				continue
			}
			if paths := w.Paths(f.X); len(paths) == 1 && !owner.isSome() && paths[0].key() == owner.key() {
				return store.Val
			}
		}
	}
	return nil
}

func functionOfValue(v ssa.Value) *ssa.Function {
	switch v := v.(type) {
	case *ssa.Function:
		return v
	case *ssa.MakeClosure:
		return v.Fn.(*ssa.Function)
	}
	return nil
}

// shortName is how a person calls a function: `main.(*Hub).run`, `a function literal in main.serve`.
func shortName(fn *ssa.Function) string {
	literal := false
	for fn.Parent() != nil {
		literal = true
		fn = fn.Parent()
	}
	name := withoutTypeArgs(linkerName(fn))
	name = name[strings.LastIndex(name, "/")+1:]
	if literal {
		return "a function literal in " + name
	}
	return name
}

// madeBy is the instruction of a function that makes what a path hangs on.
func madeBy(p Path, fn *ssa.Function) ssa.Instruction {
	if p.root != rootFresh {
		return nil
	}
	in, ok := p.value.(ssa.Instruction)
	if !ok || in.Parent() != fn {
		return nil
	}
	return in
}

func (w *World) onStack(s *Stacks, fn *ssa.Function) bool { return s != nil && len(s.of[fn]) > 0 }

// hasMade tells whether an activation may have made its object already.
func (w *World) hasMade(made ssa.Instruction, a *activation) bool {
	if made == nil {
		return true
	}
	for _, p := range a.points {
		if !p.entry && w.follows(p.block.Instrs[p.index], made) {
			return true
		}
	}
	return false
}
