package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

func (w *World) tellHolders(c *class, s *Stacks, mode string, out *Class) {
	want := "lock"
	if mode == "drain" {
		want = "rlock"
	}
	inClass := map[*Op]bool{}
	for _, op := range c.ops {
		inClass[op] = true
	}
	var foreign, byCallers []Leak
	for _, fn := range w.funcs {
		if !w.touching[fn] {
			continue
		}
		leaks := w.leaksOf(fn, want, inClass)
		switch {
		case !w.isForeign(fn):
			out.Leaks = append(out.Leaks, leaks...)
		case len(leaks) > 0 && w.summaryOf(fn).leaks[0].hold.op.Fn == fn:
			foreign = append(foreign, leaks...)
		case !w.isStd(fn):
			byCallers = append(byCallers, leaks...)
		}
		for _, a := range s.of[fn] {
			w.tellHolder(a, c, s, want, inClass, out)
		}
	}
	// Where the program itself may have forgotten it, its libraries are the less likely.
	out.Leaks = append(append(out.Leaks, foreign...), byCallers...)
}

func (w *World) leaksOf(fn *ssa.Function, want string, inClass map[*Op]bool) []Leak {
	var out []Leak
	for _, l := range w.summaryOf(fn).leaks {
		if l.hold.mode != want || !inClass[l.hold.op] || w.isTakenForCallers(l, inClass) {
			continue
		}
		at := w.endAt(l.at, fn)
		_, panics := l.at.(*ssa.Panic)
		out = append(out, Leak{Function: shortName(fn), File: at.File, Line: at.Line, LockedAt: w.line(l.hold.op.Pos), Panics: panics})
	}
	return out
}

// endAt is where a function is left; a return that is not written stands at its last line.
func (w *World) endAt(in ssa.Instruction, fn *ssa.Function) Place {
	at := w.place(positionOf(in))
	if at.Line == 0 {
		_, end := w.span(fn)
		at = Place{w.place(fn.Pos()).File, end}
	}
	return at
}

// isTakenForCallers: whoever takes one among several on every way, and gives none of them back, leaves that to a function
// that does so without having taken it.
func (w *World) isTakenForCallers(l leak, inClass map[*Op]bool) bool {
	if l.hold.path.root != rootHeap || !l.hold.always || !l.everywhere {
		return false
	}
	given := false
	for op := range inClass {
		if op.Kind != "unlock" && op.Kind != "runlock" {
			continue
		}
		if op.Fn == l.fn {
			return false
		}
		given = given || w.isBare(op)
	}
	return given
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
		if h.mode != want || !inClass[h.op] || seen[h.op] || (w.isGivenUp(s, a, h) && !w.isReadAgain(s, a, h, inClass)) {
			continue
		}
		isLent := !h.always && h.op.Fn != a.fn && w.isLent(h, a, s)
		h.always = h.always || isLent
		if !h.always && h.op.Fn != a.fn && !isLoopBody(h.op.Fn) && !w.givesBackAhead(s, a, inClass) {
			// A function that it called has left with the lock: it will not be given back from here.
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
		} else if !isLoopBody(h.op.Fn) {
			holder.TakenBy = shortName(h.op.Fn)
			if isLent {
				holder.Owner = w.lentOwner(h, a)
			}
		}
		holder.Bound = w.boundBy(a, h, held)
		holder.GivenBack = w.givenBack(a, s, c)
		holder.Own = w.waitsForOwn(a, h)
		out.Holders = append(out.Holders, holder)
	}
}

func (w *World) holdExpr(h hold, a *activation) string {
	if h.op.Fn == a.fn {
		return w.exprIn(h.op.Operand, a, 0)
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

// isBare: an unlock of what its function has not locked before ends another function's hold.
func (w *World) isBare(op *Op) bool {
	if op.Kind != "unlock" && op.Kind != "runlock" {
		return false
	}
	s := w.summaryOf(op.Fn)
	for _, given := range s.released {
		if given.op == op {
			return true
		}
	}
	return s.chosen[op]
}
