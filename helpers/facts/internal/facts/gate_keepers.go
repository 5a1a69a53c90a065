package facts

import (
	"golang.org/x/tools/go/ssa"
)

// closedBy are the activations that wait for what a gate waits for, or have taken its lock and stand still, in whatever
// function.
func (w *World) closedBy(g *gate, s *Stacks) []Spot {
	out := []Spot{}
	for _, fn := range w.funcs {
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
	if kind == "wait" || !w.touching[a.fn] {
		return out
	}
	for _, h := range w.heldAt(a) {
		if h.always && h.mode == "lock" && !w.isGivenUp(s, a, h) && !w.isGivenBackInside(s, a, h) {
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
