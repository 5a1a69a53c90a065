package facts

import (
	"golang.org/x/tools/go/ssa"
)

func (w *World) doneMissed(op *Op) int {
	if op.Kind != "done" {
		return 0
	}
	return w.leftBefore(op)
}

// wakesOne tells Signal from Broadcast.
func wakesOne(op *Op) bool {
	call, ok := op.Instr.(ssa.CallInstruction)
	return ok && op.Kind == "signal" && calledName(call.Common()) == "sync.(*Cond).Signal"
}

func (w *World) tellOperation(op *Op, c *class, s *Stacks, gates *gateTable, mode string) Operation {
	at := w.place(positionOf(op.Instr))
	if op.Pos.IsValid() {
		at = w.place(op.Pos)
	}
	out := Operation{Kind: op.Kind, Function: shortName(op.Fn), File: at.File, Line: at.Line, Expr: op.Expr, Deferred: op.Deferred, Bare: w.isBare(op),
		One: wakesOne(op), LeftBefore: w.doneMissed(op), OnStack: []Spot{}, Routes: []Spot{}, Open: []Entry{}}
	k := &walker{w: w, stacks: s, class: c, op: op, seen: map[string][][]int{}}
	out.OnStack = append(out.OnStack, w.spotsOf(op, k, s, gates, mode)...)
	if op.Deferred {
		out.OnStack = append(out.OnStack, w.spotsAroundLoops(op.Fn, s)...)
	}
	site := w.deferredAt(op.Fn)
	if site != nil && op.Expr != "library" {
		out.OnStack = append(out.OnStack, w.deferredSpots(op, site, k, mode)...)
	}
	routes, entries, _ := w.routesTo(op, c, s)
	out.Routes = append(out.Routes, w.spotsOn(routes, op, site, s, gates)...)
	for _, e := range entries {
		p := w.place(e.pos)
		out.Open = append(out.Open, Entry{Why: e.why, File: p.File, Line: p.Line, Gates: gates.idsOf(e.gates)})
	}
	return out
}

// spotsOf are the frames of the operation's own function that have it ahead of them.
func (w *World) spotsOf(op *Op, k *walker, s *Stacks, gates *gateTable, mode string) (out []Spot) {
	if op.Expr == "library" {
		return nil
	}
	operand := settled(op.Operand)
	var own []*gate
	var closed *gate
	for _, p := range w.Paths(op.Operand) {
		found := k.before(op.Fn, op.Instr, p, op, nil)
		own = append(own, found.locks...)
		if found.gate != nil {
			closed = found.gate
		}
	}
	for _, a := range s.of[op.Fn] {
		if !w.isAheadOfAny(op.Instr, a.points) || (closed != nil && !closed.isThrough(a)) || w.isYetToBeMade(op.Operand, a, s) {
			continue
		}
		spot := Spot{Stack: a.stack, Frame: a.frame, Again: w.hasBeenAt(op.Instr, a), Renewed: w.isRenewed(operand, a), Gates: gates.idsOf(notThrough(own, a))}
		if !isFromCall(operand, a) {
			w.tellOperand(&spot, op, operand, a, s)
		}
		spot.Arms = w.armsTo(s, a, op.Instr)
		spot.Groups = w.groupsAhead(s, a, op.Instr)
		spot.Skips = w.comesRoundWithout(a, op.Instr)
		if mode == "wait" {
			spot.Times = w.timesOf(op, a)
		}
		out = append(out, spot)
	}
	return out
}

// tellOperand says how the object of an operation is read in a frame.
func (w *World) tellOperand(spot *Spot, op *Op, operand ssa.Value, a *activation, s *Stacks) {
	spot.Expr = w.exprIn(operand, a, 0)
	spot.Stays = w.valueStays(operand, a, 0)
	if op.Kind != "cancel" {
		spot.Via = w.viaOp(s, a, op, operand)
	}
	if isSyncKind(op.Kind) {
		spot.Owner = w.ownerOf(op)
	} else {
		spot.Loose = w.isKept(operand, a)
		spot.Owner = w.fieldOwner(operand, op.Fn)
	}
	if op.Kind == "reset" && spot.Expr != "" {
		spot.Expr += ".C"
	}
}

// spotsOn are the frames that have a call ahead of them which leads to the operation: each once.
func (w *World) spotsOn(routes []route, op *Op, site *ssa.Defer, s *Stacks, gates *gateTable) (out []Spot) {
	seen := map[string]bool{}
	for _, r := range routes {
		if site != nil && r.site == site {
			continue
		}
		if _, isDefer := r.site.(*ssa.Defer); isDefer {
			out = append(out, w.spotsAroundLoops(r.fn, s)...)
		}
		for _, a := range s.of[r.fn] {
			if !w.isAheadOfAny(r.site, a.points) || (r.closed != nil && !r.closed.isThrough(a)) || !w.hasMade(r.made, a) || comesAnew(r.anew, r.site, a) {
				continue
			}
			p := w.place(positionOf(r.site))
			spot := Spot{Stack: a.stack, Frame: a.frame, Again: w.hasBeenAt(r.site, a), Renewed: w.isRenewedBy(r, a), Site: &p, Gates: gates.idsOf(notThrough(r.gates, a))}
			if arg := w.passedBy(r); arg == nil || !isFromCall(arg, a) {
				spot.Expr, spot.Stays = r.expr, w.steadyExpr(r, a)
				// What leads to a cancel function or a timer leads to no channel.
				if op.Kind != "cancel" && op.Kind != "reset" {
					spot.Via = w.viaRoute(s, a, r)
				}
			}
			if deferred, isDefer := r.site.(*ssa.Defer); isDefer && deferred.Call.StaticCallee() == op.Fn && a.hasRegistered(deferred) {
				spot.Registered = true
				spot.Owner = w.passedOwner(r)
			}
			spot.Arms = w.armsTo(s, a, r.site)
			spot.Groups = w.groupsAhead(s, a, r.site)
			if r.called.IsValid() {
				q := w.place(r.called)
				spot.CalledAt = &q
			}
			key := spotKey(spot)
			if !seen[key] {
				seen[key] = true
				out = append(out, spot)
			}
		}
	}
	return out
}

// spotsAroundLoops are the frames that run what the body of a loop over a function has deferred: those of the function
// around it, for each round that there was.
func (w *World) spotsAroundLoops(fn *ssa.Function, s *Stacks) []Spot {
	var out []Spot
	for isLoopBody(fn) && fn.Parent() != nil {
		fn = fn.Parent()
		for _, a := range s.of[fn] {
			out = append(out, Spot{Stack: a.stack, Frame: a.frame, Times: "many"})
		}
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
	for _, g := range s.Groups {
		key += " w" + itoa(g.Frame) + " " + itoa(g.Op)
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
