package facts

import (
	"go/token"
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// A Spot is a frame of a stack in which something is still to come, or is held.
type Spot struct {
	Stack int `json:"stack"`
	Frame int `json:"frame"`
	// Expr finds the object in that frame; "" where it cannot be read there.
	Expr string `json:"expr"`
	// Stays: the variable and the fields on the way mean the same object until then.
	Stays bool `json:"stays"`
	// Owner says how to tell the object by a pointer in the frame's memory, where the variable was optimised away.
	Owner *Owner `json:"owner,omitempty"`
	// Via tells the object from what the goroutine waits for, where the variable cannot be read.
	Via *Via `json:"via,omitempty"`
	// Arms are those of the select that the frame waits in from which it comes there; none where all of them do.
	Arms []Arm `json:"arms,omitempty"`
	// Waited: the object is what the goroutine waits for.
	Waited bool `json:"waited,omitempty"`
	// Loose: no variable holds it, but the frame does as long as it is needed.
	Loose bool `json:"loose,omitempty"`
	// Times: sure, once or many, for what a frame does to a wait group.
	Times string `json:"times,omitempty"`
	// Site is where the frame calls what leads there; zero for the operation itself.
	Site     *Place `json:"site,omitempty"`
	CalledAt *Place `json:"calledAt,omitempty"`
	Gates    []int  `json:"gates,omitempty"`
}

// An Arm is a case of a select.
type Arm struct {
	Kind string `json:"kind"`
	Expr string `json:"expr"`
	Via  *Via   `json:"via,omitempty"`
}

// An Owner tells an object by what lies around it.
type Owner struct {
	Type   string `json:"type"`
	Offset int64  `json:"offset"`
	// Ambiguous: the function has other variables of that type.
	Ambiguous bool `json:"ambiguous"`
	// Passed: the caller gave it, so that it is in the frame as long as it is needed.
	Passed bool `json:"passed"`
}

// An Entry is a way in for code that is on no stack and was not read.
type Entry struct {
	Why   string `json:"why"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	Gates []int  `json:"gates,omitempty"`
}

// An Operation of a class, with everyone who may come to it.
type Operation struct {
	Kind     string `json:"kind"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Expr     string `json:"expr"`
	Deferred bool   `json:"deferred,omitempty"`
	// Bare: an unlock of what its function has not locked.
	Bare    bool    `json:"bare,omitempty"`
	OnStack []Spot  `json:"onStack"`
	Routes  []Spot  `json:"routes"`
	Open    []Entry `json:"open"`
}

// A Gate is a lock that everyone new has to take before an operation.
type Gate struct {
	ID     int    `json:"id"`
	Global bool   `json:"global"`
	Closed []Spot `json:"closed"` // who stands in it: waits for the lock there, or has taken it
}

// A Class is what operations may be on the objects that are waited for at some places.
type Class struct {
	Operations []Operation `json:"operations"`
	Gates      []Gate      `json:"gates"`
	Names      []Name      `json:"names"`
	Unknown    bool        `json:"unknown"`
	Escapes    []Entry     `json:"escapes"`
	Contexts   []Context   `json:"contexts"`
	Others     []Entry     `json:"others"`
	Background bool        `json:"background"`
	Departures []Departure `json:"departures"`
	Slots      []int       `json:"slots"` // stacks that hold a slot of a semaphore
	Holders    []Holder    `json:"holders"`
	Leaks      []Leak      `json:"leaks"`
}

// A Context that is waited for, as its maker knows it.
type Context struct {
	Name      string  `json:"name"`
	Function  string  `json:"function"`
	File      string  `json:"file"`
	Line      int     `json:"line"`
	Discarded bool    `json:"discarded"`
	Clock     bool    `json:"clock"`
	Cancels   []Place `json:"cancels"`
}

// A Holder stands where its function has taken a lock and not given it back.
type Holder struct {
	Spot
	Always bool   `json:"always"`
	Kind   string `json:"kind"` // lock or rlock
	Text   string `json:"text"` // as written where it was taken
	File   string `json:"file"`
	Line   int    `json:"line"` // of the Lock
	// GivenBack: a function further in gives it back for a while.
	GivenBack string `json:"givenBack,omitempty"`
	// Own: the frame waits for the same variable that it has locked.
	Own bool `json:"own,omitempty"`
}

// A Leak is a place where a function returns with the lock.
type Leak struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	LockedAt int    `json:"lockedAt"`
}

// ended are the operations that end a wait.
var ended = map[string][]string{
	"send": {"receive", "close"}, "receive": {"send", "close", "cancel", "reset"}, "lock": {"unlock"}, "drain": {"runlock"}, "rlock": {"unlock"},
	"wait": {"done"}, "notify": {"signal"},
}

// Answer finds who could end waits at these operations: mode is send, receive, lock, drain, rlock, wait or notify.
func (w *World) Answer(s *Stacks, ids []int, mode string) *Class {
	var waits []*Op
	for _, id := range ids {
		if id >= 0 && id < len(w.ops) {
			waits = append(waits, w.ops[id])
		}
	}
	c := w.classOfAny(waits)
	out := &Class{Operations: []Operation{}, Gates: []Gate{}, Names: w.namesOf(c), Unknown: c.unknown, Escapes: []Entry{},
		Contexts: []Context{}, Others: []Entry{}, Background: c.background, Departures: []Departure{}, Slots: []int{},
		Holders: []Holder{}, Leaks: []Leak{}}
	if out.Names == nil {
		out.Names = []Name{}
	}
	w.tellContexts(c, out)
	seen := map[ssa.Instruction]bool{}
	for _, at := range c.library {
		if at == nil || seen[at] {
			continue
		}
		seen[at] = true
		p := w.place(positionOf(at))
		out.Escapes = append(out.Escapes, Entry{Why: opaqueName(w, at), File: p.File, Line: p.Line})
	}
	isEnd := map[string]bool{}
	for _, kind := range ended[mode] {
		isEnd[kind] = true
	}
	gates := &gateTable{}
	for _, op := range c.ops {
		switch {
		case isEnd[op.Kind]:
			out.Operations = append(out.Operations, w.tellOperation(op, c, s, gates, mode))
		case mode == "drain" && op.Kind == "unlock" && types.IsInterface(op.Operand.Type()):
			// What RLocker gives is unlocked like any other lock.
			given := w.tellOperation(op, c, s, gates, mode)
			given.Kind = "runlock"
			for i := range given.OnStack {
				given.OnStack[i].Expr, given.OnStack[i].Via = "", nil
			}
			out.Operations = append(out.Operations, given)
		}
	}
	for _, g := range gates.all {
		out.Gates = append(out.Gates, Gate{ID: g.id, Global: g.global, Closed: w.closedBy(g, s)})
	}
	switch mode {
	case "send", "receive":
		w.tellStory(c, s, out)
	case "lock", "rlock", "drain":
		w.tellHolders(c, s, mode, out)
	}
	return out
}

func positionOf(in ssa.Instruction) token.Pos {
	if call, ok := in.(ssa.CallInstruction); ok && call.Common().Pos().IsValid() {
		return call.Common().Pos()
	}
	return in.Pos()
}

// A gateTable numbers the gates of a whole answer.
type gateTable struct{ all []*gate }

func (t *gateTable) idOf(g *gate) int {
	for _, known := range t.all {
		if known == g || known.op == g.op && known.object == g.object && known.fn == g.fn {
			return known.id
		}
	}
	g.id = len(t.all)
	t.all = append(t.all, g)
	return g.id
}

func (t *gateTable) idsOf(gates []*gate) []int {
	var out []int
	for _, g := range gates {
		out = append(out, t.idOf(g))
	}
	return out
}

func (w *World) tellOperation(op *Op, c *class, s *Stacks, gates *gateTable, mode string) Operation {
	at := w.place(positionOf(op.Instr))
	if op.Pos.IsValid() {
		at = w.place(op.Pos)
	}
	out := Operation{Kind: op.Kind, Function: shortName(op.Fn), File: at.File, Line: at.Line, Expr: op.Expr, Deferred: op.Deferred, Bare: w.isBare(op),
		OnStack: []Spot{}, Routes: []Spot{}, Open: []Entry{}}
	operand := settled(op.Operand)
	expr := w.exprOf(operand, 0)
	if op.Kind == "reset" && expr != "" {
		expr += ".C"
	}
	k := &walker{w: w, stacks: s, class: c, op: op, seen: map[string]bool{}}
	var own []*gate
	var closed *gate
	if op.Expr != "library" {
		for _, p := range w.Paths(op.Operand) {
			found := k.before(op.Fn, op.Instr, p, op, nil)
			own = append(own, found.locks...)
			if found.gate != nil {
				closed = found.gate
			}
		}
		for _, a := range s.of[op.Fn] {
			if !w.isAheadOfAny(op.Instr, a.points) || (closed != nil && !closed.isThrough(a)) {
				continue
			}
			spot := Spot{Stack: a.stack, Frame: a.frame, Expr: expr, Stays: w.valueStays(operand, a, 0), Via: w.viaOp(s, a, op, operand), Gates: gates.idsOf(notThrough(own, a))}
			if isSyncKind(op.Kind) {
				spot.Owner = w.ownerOf(op)
			} else {
				spot.Loose = expr == "" && w.isKept(operand, a)
			}
			spot.Arms = w.armsTo(s, a, op.Instr)
			if mode == "wait" {
				spot.Times = w.timesOf(op, a)
			}
			out.OnStack = append(out.OnStack, spot)
		}
	}
	site := w.deferredAt(op.Fn)
	if site != nil && op.Expr != "library" {
		out.OnStack = append(out.OnStack, w.deferredSpots(op, site, k, mode)...)
	}
	routes, entries, _ := w.routesTo(op, c, s)
	seen := map[string]bool{}
	for _, r := range routes {
		if site != nil && r.site == site {
			continue
		}
		for _, a := range s.of[r.fn] {
			if !w.isAheadOfAny(r.site, a.points) || (r.closed != nil && !r.closed.isThrough(a)) || !w.hasMade(r.made, a) {
				continue
			}
			p := w.place(positionOf(r.site))
			spot := Spot{Stack: a.stack, Frame: a.frame, Expr: r.expr, Stays: r.expr != "" && w.steadyExpr(r, a), Site: &p, Gates: gates.idsOf(notThrough(r.gates, a))}
			spot.Via = w.viaRoute(s, a, r)
			spot.Arms = w.armsTo(s, a, r.site)
			if r.called.IsValid() {
				q := w.place(r.called)
				spot.CalledAt = &q
			}
			key := spotKey(spot)
			if !seen[key] {
				seen[key] = true
				out.Routes = append(out.Routes, spot)
			}
		}
	}
	for _, e := range entries {
		p := w.place(e.pos)
		out.Open = append(out.Open, Entry{Why: e.why, File: p.File, Line: p.Line, Gates: gates.idsOf(e.gates)})
	}
	return out
}

// deferredAt is where a literal is deferred that is called nowhere else: what it does belongs to the function around it.
func (w *World) deferredAt(fn *ssa.Function) *ssa.Defer {
	callers := w.callers[fn]
	if fn.Parent() == nil || len(callers) != 1 || w.library[fn] != "" {
		return nil
	}
	site, ok := callers[0].(*ssa.Defer)
	if !ok || site.Parent() != fn.Parent() {
		return nil
	}
	return site
}

// deferredSpots are the frames that will run an operation when they return.
func (w *World) deferredSpots(op *Op, site *ssa.Defer, k *walker, mode string) []Spot {
	var out []Spot
	for _, p := range w.Paths(op.Operand) {
		expr := k.siteExpr(p, op.Fn, site)
		r := route{site: site, expr: expr}
		for _, a := range k.stacks.of[site.Parent()] {
			if !w.isAheadOfAny(site, a.points) {
				continue
			}
			spot := Spot{Stack: a.stack, Frame: a.frame, Expr: expr, Stays: expr != "" && w.steadyDeferred(r, p, op.Fn, a)}
			if isSyncKind(op.Kind) {
				spot.Owner = w.capturedOwner(p, op.Fn)
			}
			if mode == "wait" {
				spot.Times = w.timesOfDeferred(op, site, a)
			}
			out = append(out, spot)
		}
	}
	return out
}

// capturedOwner describes what lies around an object that a literal has captured a pointer to, in the frame around it.
func (w *World) capturedOwner(p Path, fn *ssa.Function) *Owner {
	made := w.closures[fn]
	if p.root != rootFree || len(made) != 1 || p.index >= len(made[0].Bindings) {
		return nil
	}
	value := made[0].Bindings[p.index]
	// What is captured is the variable that holds the pointer.
	t := deref(value.Type())
	owner, offset := deref(t), int64(0)
	for _, s := range p.steps {
		at, ok := w.offsetOf(owner, s.index)
		st, isStruct := owner.Underlying().(*types.Struct)
		if !ok || !isStruct || !s.isField() {
			return nil
		}
		offset += at
		owner = st.Field(s.index).Type()
	}
	return &Owner{Type: w.keys.of(deref(t)), Offset: offset, Ambiguous: w.hasOthers(fn.Parent(), value), Passed: true}
}

// steadyDeferred: what a deferred literal has captured is what its frame has now.
func (w *World) steadyDeferred(r route, p Path, fn *ssa.Function, a *activation) bool {
	if p.root != rootFree {
		return w.steadyExpr(r, a)
	}
	for _, made := range w.closures[fn] {
		if p.index < len(made.Bindings) && !w.valueStays(made.Bindings[p.index], a, 0) {
			return false
		}
	}
	return true
}

func (w *World) timesOfDeferred(op *Op, site *ssa.Defer, a *activation) string {
	if w.isInLoop(op.Instr) || w.isInLoop(site) || !passesAllReturns(op.Fn, op.Instr.Block(), indexIn(op.Instr)) {
		return "many"
	}
	if call, ok := op.Instr.(ssa.CallInstruction); !ok || calledName(call.Common()) != "sync.(*WaitGroup).Done" {
		return "many"
	}
	for _, p := range a.points {
		if p.entry || !dominates(site, p.block.Instrs[p.index]) {
			return "once"
		}
	}
	return "sure"
}

// spotKey: of many ways of one goroutine on which the object cannot be read, one tells as much as all.
func spotKey(s Spot) string {
	key := itoa(s.Stack)
	if s.Expr != "" || s.Via != nil {
		key += " " + itoa(s.Frame) + " " + s.Expr
	}
	if s.CalledAt != nil {
		key += " " + s.CalledAt.File + itoa(s.CalledAt.Line)
	}
	for _, g := range s.Gates {
		key += " g" + itoa(g)
	}
	return key
}

// notThrough are the gates that an activation has yet to pass.
func notThrough(gates []*gate, a *activation) []*gate {
	var out []*gate
	for _, g := range gates {
		if g.fn == a.fn && g.isThrough(a) {
			continue
		}
		out = append(out, g)
	}
	return out
}

// closedBy are the activations that wait for the lock of a gate, or have taken it and stand still, in whatever function.
func (w *World) closedBy(g *gate, s *Stacks) []Spot {
	out := []Spot{}
	for _, fn := range w.funcs {
		if len(s.of[fn]) == 0 || !w.touching[fn] {
			continue
		}
		for _, a := range s.of[fn] {
			for _, lock := range w.locksAt(s, a, g.op.Kind) {
				if spot, ok := w.closes(lock, g, s, a); ok {
					out = append(out, spot)
				}
			}
		}
	}
	return out
}

// locksAt are the locks that an activation waits for or has taken for itself alone.
func (w *World) locksAt(s *Stacks, a *activation, kind string) []Path {
	var out []Path
	for _, p := range a.points {
		if p.entry || !a.waits {
			continue
		}
		for _, op := range w.opAt[p.block.Instrs[p.index]] {
			if op.Kind == kind || op.Kind == "lock" {
				out = append(out, w.Paths(op.Operand)...)
			}
		}
	}
	if kind == "wait" {
		return out
	}
	for _, h := range w.heldAt(a) {
		if h.always && h.mode == "lock" && !w.isGivenUp(s, a, h) {
			out = append(out, h.path)
		}
	}
	return out
}

// closes tells of which object a lock is, as far as it is one that a gate has.
func (w *World) closes(lock Path, g *gate, s *Stacks, a *activation) (Spot, bool) {
	spot := Spot{Stack: a.stack, Frame: a.frame, Stays: true}
	if g.global {
		return spot, lock.key() == g.field.owner
	}
	if len(lock.steps) == 0 || lock.steps[len(lock.steps)-1] != g.field || lock.root == rootHeap {
		return spot, false
	}
	object := Path{lock.root, lock.index, lock.value, lock.steps[:len(lock.steps)-1]}
	for _, s := range g.behind {
		object = object.with(s)
	}
	if spot.Expr = w.pathExpr(object, a.fn); spot.Expr != "" {
		return spot, true
	}
	for _, waited := range w.waitPaths(s, a) {
		if waited.key() == object.key() {
			spot.Waited = true
			return spot, true
		}
	}
	return spot, false
}

// waitPaths is what the goroutine of a frame waits for, seen from that frame.
func (w *World) waitPaths(s *Stacks, a *activation) []Path {
	var out []Path
	for _, p := range a.points {
		if p.entry {
			continue
		}
		in := p.block.Instrs[p.index]
		if a.waits {
			for _, op := range w.opAt[in] {
				out = append(out, w.Paths(op.Operand)...)
			}
			continue
		}
		site, ok := in.(ssa.CallInstruction)
		if !ok || a.frame == 0 {
			continue
		}
		for _, inner := range s.at[a.stack][a.frame-1] {
			for _, found := range w.waitPaths(s, inner) {
				out = append(out, w.inCaller(found, inner.fn, site, 0)...)
			}
		}
	}
	return out
}

// settled is the one value that a variable can have besides nil: `c` of `c := made; if over { c = nil }`.
func settled(v ssa.Value) ssa.Value {
	var found ssa.Value
	seen := map[ssa.Value]bool{}
	work := []ssa.Value{v}
	for len(work) > 0 {
		at := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch x := at.(type) {
		case *ssa.Phi:
			work = append(work, x.Edges...)
			continue
		case *ssa.ChangeType:
			work = append(work, x.X)
			continue
		case *ssa.Const:
			continue
		}
		if found != nil && found != at {
			return v
		}
		found = at
	}
	if found == nil {
		return v
	}
	return found
}

// isKept: a value that was computed before and is needed later lies in the frame, with a name or without.
func (w *World) isKept(v ssa.Value, a *activation) bool {
	in, ok := v.(ssa.Instruction)
	return ok && in.Parent() == a.fn && w.isPast(in, a)
}

func (w *World) valueStays(v ssa.Value, a *activation, depth int) bool {
	if depth > maxSteps*2 {
		return false
	}
	switch v := v.(type) {
	case *ssa.Parameter, *ssa.Global, *ssa.Const:
		return true
	case *ssa.FreeVar:
		cell := w.captured(v, 0)
		if cell == nil {
			return false
		}
		values, ok := w.storesToVariable(cell)
		return isStructCell(cell) || (ok && len(values) <= 1)
	case *ssa.Alloc:
		if isStructCell(v) {
			return w.isPast(v, a)
		}
		values, ok := w.storesToVariable(v)
		return ok && len(values) <= 1 && w.isPast(v, a)
	case *ssa.UnOp:
		if v.Op == token.MUL {
			if f, ok := v.X.(*ssa.FieldAddr); ok && w.moved[w.locOf(f)] {
				return false
			}
			if _, ok := v.X.(*ssa.Global); ok {
				return len(w.stores[w.locOf(v.X)]) <= 1
			}
			return w.valueStays(v.X, a, depth+1)
		}
	case *ssa.FieldAddr:
		return w.valueStays(v.X, a, depth+1)
	case *ssa.Field:
		return w.valueStays(v.X, a, depth+1)
	case *ssa.ChangeType:
		return w.valueStays(v.X, a, depth+1)
	}
	if in, ok := v.(ssa.Instruction); ok {
		return w.isPast(in, a) && w.variableName(v) != ""
	}
	return false
}

// isPast: an activation has been at an instruction and does not come there again.
func (w *World) isPast(in ssa.Instruction, a *activation) bool {
	if in.Parent() != a.fn {
		return true
	}
	for _, p := range a.points {
		if p.entry || w.isAhead(in, p) {
			return false
		}
	}
	return len(a.points) > 0
}

// steadyExpr: the object in a caller's frame is the one that it will pass on.
func (w *World) steadyExpr(r route, a *activation) bool {
	site, ok := r.site.(ssa.CallInstruction)
	if !ok {
		return false
	}
	c := site.Common()
	for _, arg := range append([]ssa.Value{c.Value}, c.Args...) {
		expr := w.exprOf(arg, 0)
		if expr != "" && (expr == r.expr || len(r.expr) > len(expr) && r.expr[:len(expr)] == expr) {
			return w.valueStays(arg, a, 0)
		}
	}
	return false
}

// ownerOf describes what lies around an object of package sync.
func (w *World) ownerOf(op *Op) *Owner {
	if types.IsInterface(op.Operand.Type()) {
		return nil
	}
	typ, offset, ok := w.ownerOffset(op.Operand)
	if !ok {
		return nil
	}
	root := op.Operand
	for {
		f, isField := root.(*ssa.FieldAddr)
		if !isField {
			break
		}
		root = f.X
	}
	out := &Owner{Type: typ, Offset: offset}
	switch root.(type) {
	case *ssa.Parameter, *ssa.FreeVar:
		out.Passed = true
	}
	out.Ambiguous = w.hasOthers(op.Fn, root)
	return out
}

// hasOthers tells whether a function has another variable of the type.
func (w *World) hasOthers(fn *ssa.Function, root ssa.Value) bool {
	want := root.Type()
	names := map[string]bool{}
	for _, p := range fn.Params {
		if types.Identical(p.Type(), want) {
			names[p.Name()] = true
		}
	}
	for _, v := range fn.FreeVars {
		if types.Identical(v.Type(), want) || types.Identical(deref(v.Type()), want) {
			names[v.Name()] = true
		}
	}
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.DebugRef); ok {
				if obj, ok := d.Object().(*types.Var); ok && !obj.IsField() && types.Identical(obj.Type(), want) {
					names[obj.Name()] = true
				}
			}
		}
	}
	return len(names) > 1
}

func (w *World) sizes() types.Sizes {
	if s := types.SizesFor("gc", w.Program.GOARCH); s != nil {
		return s
	}
	return types.SizesFor("gc", "amd64")
}

// timesOf: `wg.Done()` that was deferred on the way into the function comes for sure; others once, or who knows how
// often.
func (w *World) timesOf(op *Op, a *activation) string {
	call, ok := op.Instr.(ssa.CallInstruction)
	if !ok || w.isInLoop(op.Instr) {
		return "many"
	}
	c := call.Common()
	if calledName(c) == "sync.(*WaitGroup).Add" {
		if n, ok := c.Args[1].(*ssa.Const); !ok || n.Int64() != -1 {
			return "many"
		}
	}
	if op.Deferred {
		for _, p := range a.points {
			if p.entry || !dominates(op.Instr, p.block.Instrs[p.index]) {
				return "once"
			}
		}
		return "sure"
	}
	return "once"
}

func (w *World) tellContexts(c *class, out *Class) {
	for _, call := range c.contexts {
		p := w.place(call.Call.Pos())
		name := w.contextName(call)
		ctx := Context{Name: name.Name, Function: shortName(call.Parent()), File: p.File, Line: p.Line, Cancels: []Place{},
			Discarded: cancelValue(call) == nil, Clock: isClock(calledName(&call.Call))}
		for _, op := range w.cancelsOf(call) {
			ctx.Cancels = append(ctx.Cancels, w.place(positionOf(op.Instr)))
		}
		out.Contexts = append(out.Contexts, ctx)
	}
	for _, at := range c.others {
		if at == nil {
			out.Others = append(out.Others, Entry{Why: "a parameter that other code sets"})
			continue
		}
		p := w.place(positionOf(at))
		out.Others = append(out.Others, Entry{Why: opaqueName(w, at), File: p.File, Line: p.Line})
	}
}

func (w *World) tellStory(c *class, s *Stacks, out *Class) {
	makers := map[*ssa.Function]bool{}
	for _, v := range c.made {
		if in, ok := v.(ssa.Instruction); ok && w.variableName(v) != "" {
			makers[in.Parent()] = true
		}
	}
	owing := map[[2]int]bool{}
	for _, o := range out.Operations {
		if o.Kind == "receive" {
			for _, spot := range append(append([]Spot{}, o.OnStack...), o.Routes...) {
				owing[[2]int{spot.Stack, spot.Frame}] = true
			}
		}
	}
	slots := map[int]bool{}
	for _, op := range c.ops {
		switch op.Kind {
		case "receive":
			if d, ok := w.departureOf(op); ok {
				d.Made = makers[op.Fn]
				d.OnStack = len(s.of[op.Fn]) > 0
				out.Departures = append(out.Departures, d)
			}
		case "send":
			w.noteSlots(op.Fn, op.Instr, s, owing, slots)
			routes, _, _ := w.routesTo(op, c, s)
			for _, r := range routes {
				w.noteSlots(r.fn, r.site, s, owing, slots)
			}
		}
	}
	for stack := range slots {
		out.Slots = append(out.Slots, stack)
	}
	sort.Ints(out.Slots)
	for _, op := range c.ops {
		if op.Kind == "send" || op.Kind == "close" {
			p := w.place(op.Pos)
			out.Operations = append(out.Operations, Operation{Kind: "told:" + op.Kind, Function: shortName(op.Fn), File: p.File, Line: p.Line,
				Expr: op.Expr, OnStack: []Spot{}, Routes: []Spot{}, Open: []Entry{}})
		}
	}
}

// noteSlots: a frame that has sent and has yet to receive holds a slot.
func (w *World) noteSlots(fn *ssa.Function, site ssa.Instruction, s *Stacks, owing map[[2]int]bool, slots map[int]bool) {
	if fn == nil {
		return
	}
	for _, a := range s.of[fn] {
		if !owing[[2]int{a.stack, a.frame}] {
			continue
		}
		for _, p := range a.points {
			if !p.entry && p.block.Instrs[p.index] != site && w.follows(p.block.Instrs[p.index], site) && !w.isAhead(site, p) {
				slots[a.stack] = true
			}
		}
	}
}

func (w *World) tellHolders(c *class, s *Stacks, mode string, out *Class) {
	want := "lock"
	if mode == "drain" {
		want = "rlock"
	}
	inClass := map[*Op]bool{}
	for _, op := range c.ops {
		inClass[op] = true
	}
	for _, fn := range w.funcs {
		if !w.touching[fn] {
			continue
		}
		for _, l := range w.summaryOf(fn).leaks {
			if l.hold.mode == want && inClass[l.hold.op] {
				at := w.place(l.ret.Pos())
				if at.Line == 0 {
					_, end := w.span(fn)
					at = Place{w.place(fn.Pos()).File, end}
				}
				out.Leaks = append(out.Leaks, Leak{Function: shortName(fn), File: at.File, Line: at.Line, LockedAt: w.line(l.hold.op.Pos)})
			}
		}
		for _, a := range s.of[fn] {
			w.tellHolder(a, c, s, want, inClass, out)
		}
	}
}

func (w *World) tellHolder(a *activation, c *class, s *Stacks, want string, inClass map[*Op]bool, out *Class) {
	stack := s.all[a.stack]
	held := w.heldAt(a)
	if !stack.Parked {
		// Who runs may be inside of Lock, just past the point where it got it.
		for _, op := range w.opsOf[a.fn] {
			if op.Kind == want && inClass[op] {
				_, path := w.lockKey(want, op.Operand, op.Expr)
				held = append(held, hold{op: op, path: path, site: op.Instr, mode: want})
			}
		}
	}
	seen := map[*Op]bool{}
	for _, h := range held {
		byLocker := want != h.mode && want == "rlock" && types.IsInterface(h.op.Operand.Type())
		if byLocker {
			h.mode, h.always = "rlock", false
		}
		if h.mode != want || !inClass[h.op] || seen[h.op] || w.isGivenUp(s, a, h) {
			continue
		}
		seen[h.op] = true
		at := w.place(positionOf(h.site))
		holder := Holder{Always: h.always, Kind: h.mode, Text: h.op.Expr, File: at.File, Line: at.Line}
		holder.Spot = Spot{Stack: a.stack, Frame: a.frame, Expr: w.holdExpr(h, a), Stays: true}
		if byLocker {
			// What is in the interface is no lock of its own.
			holder.Spot.Expr = ""
		}
		if h.op.Fn == a.fn {
			holder.Owner = w.ownerOf(h.op)
			holder.Via = w.viaWait(s, a, h.op.Operand)
		}
		holder.GivenBack = w.givenBack(a, s, c)
		holder.Own = w.waitsForOwn(a, h)
		out.Holders = append(out.Holders, holder)
	}
}

func (w *World) holdExpr(h hold, a *activation) string {
	if h.op.Fn == a.fn {
		return w.exprOf(h.op.Operand, 0)
	}
	if expr := w.pathExpr(h.path, a.fn); expr != "" {
		return expr
	}
	// It was taken by a function that this one called with a variable of its own.
	if site, ok := h.site.(ssa.CallInstruction); ok {
		for _, callee := range w.callees[site] {
			for i := range callee.Params {
				arg := argument(site.Common(), callee, i)
				if arg == nil || types.IsInterface(arg.Type()) {
					continue
				}
				for _, p := range w.summaryOf(callee).acquired {
					if p.op == h.op && p.path.root == rootParam && p.path.index == i {
						return extendExpr(w.exprOf(arg, 0), p.path.steps)
					}
				}
			}
		}
	}
	return ""
}

// givenBack names a function that the activation called and that gives such a lock back before it goes on.
func (w *World) givenBack(a *activation, s *Stacks, c *class) string {
	for j := 0; j < a.frame; j++ {
		for _, inner := range s.at[a.stack][j] {
			for _, given := range w.summaryOf(inner.fn).released {
				for _, op := range c.ops {
					if op == given.op && !op.Deferred {
						return shortName(inner.fn)
					}
				}
			}
		}
	}
	return ""
}

// waitsForOwn: the frame is parked in a Lock of the very variable that it has locked.
func (w *World) waitsForOwn(a *activation, h hold) bool {
	if !a.waits {
		return false
	}
	for _, p := range a.points {
		if p.entry {
			return false
		}
		for _, op := range w.opAt[p.block.Instrs[p.index]] {
			paths := w.Paths(op.Operand)
			if len(paths) == 1 && paths[0].root != rootHeap && paths[0].key() == h.path.key() && (op.Kind == "lock" || op.Kind == "rlock") {
				return true
			}
		}
	}
	return false
}

// A Waiting is an operation that a frame may be parked in.
type Waiting struct {
	Op   int    `json:"op"`
	Text string `json:"text"` // as written
	Expr string `json:"expr"` // as a debugger finds it; "" where it cannot
	Line int    `json:"line"`
	// Near: it stands in the frame's line; else somewhere in its function.
	Near  bool   `json:"near"`
	Done  bool   `json:"done"` // a receive from Done of a context
	Owner *Owner `json:"owner,omitempty"`
	// Name is what a person calls it, where this stack tells it and others need not: whose Do a Once's waiter is in.
	Name string `json:"name,omitempty"`
	// Elem is the type of a channel's elements.
	Elem string `json:"elem,omitempty"`
}

// Places are the operations of certain kinds that a frame may be parked in, those of its line first.
func (w *World) Places(s *Stacks, stack, frame int, kinds []string) []Waiting {
	wanted := map[string]bool{}
	for _, k := range kinds {
		wanted[k] = true
	}
	out := []Waiting{}
	if stack >= len(s.at) || frame >= len(s.at[stack]) {
		return out
	}
	seen := map[*Op]bool{}
	add := func(op *Op, near bool) {
		if seen[op] || !wanted[op.Kind] {
			return
		}
		seen[op] = true
		waiting := Waiting{Op: op.ID, Text: op.Expr, Expr: w.exprOf(op.Operand, 0), Line: w.line(op.Pos), Near: near, Done: doneOf(op.Operand) != nil}
		if isSyncKind(op.Kind) {
			waiting.Owner = w.ownerOf(op)
			waiting.Name = w.onceName(s, stack, frame, op)
		} else {
			waiting.Elem = w.keys.of(chanElem(op.Operand.Type()))
		}
		out = append(out, waiting)
	}
	for _, a := range s.at[stack][frame] {
		for _, p := range a.points {
			if p.entry {
				continue
			}
			for _, op := range w.opAt[p.block.Instrs[p.index]] {
				add(op, true)
			}
		}
	}
	for _, a := range s.at[stack][frame] {
		for _, op := range w.opsOf[a.fn] {
			add(op, false)
		}
	}
	if len(s.at[stack][frame]) == 0 {
		w.startedOps(s.all[stack].Frames[frame], add)
	}
	return out
}

// onceName is the Once whose Do the goroutine is in, for the lock that is inside it.
func (w *World) onceName(s *Stacks, stack, frame int, op *Op) string {
	if op.Fn.Signature.Recv() == nil || syncType(deref(op.Fn.Signature.Recv().Type())) != "Once" {
		return ""
	}
	for j := frame + 1; j < len(s.at[stack]); j++ {
		for _, a := range s.at[stack][j] {
			for _, p := range a.points {
				if p.entry {
					continue
				}
				for _, do := range w.opAt[p.block.Instrs[p.index]] {
					if n, ok := w.nameOf(do.Operand); ok && do.Kind == "once" {
						return n.Name
					}
				}
			}
		}
	}
	return ""
}

// startedOps: `go wg.Wait()` starts in a wrapper that the compiler makes and that no source shows.
func (w *World) startedOps(f Frame, add func(*Op, bool)) {
	for _, fn := range w.functionsAt(f.File, f.Line) {
		for _, op := range w.opsOf[fn] {
			switch op.Instr.(type) {
			case *ssa.Go, *ssa.Defer:
				if w.line(op.Instr.Pos()) == f.Line || w.line(op.Pos) == f.Line {
					add(op, true)
				}
			}
		}
	}
}

// isBare: an unlock of what its function has not locked before ends another function's hold.
func (w *World) isBare(op *Op) bool {
	if op.Kind != "unlock" && op.Kind != "runlock" {
		return false
	}
	for _, given := range w.summaryOf(op.Fn).released {
		if given.op == op {
			return true
		}
	}
	return false
}
