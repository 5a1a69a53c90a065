package facts

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

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

// structStores set a struct as a whole, in its function and in literals that have captured it.
func structStores(a *ssa.Alloc) []*ssa.Store {
	var out []*ssa.Store
	addresses := []ssa.Value{a}
	for len(addresses) > 0 {
		at := addresses[0]
		addresses = addresses[1:]
		for _, ref := range *at.Referrers() {
			switch ref := ref.(type) {
			case *ssa.Store:
				if ref.Addr == at {
					out = append(out, ref)
				}
			case *ssa.MakeClosure:
				fn := ref.Fn.(*ssa.Function)
				for i, b := range ref.Bindings {
					if b == at && i < len(fn.FreeVars) {
						addresses = append(addresses, fn.FreeVars[i])
					}
				}
			}
		}
	}
	return out
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
		if isStructCell(cell) {
			return len(structStores(cell)) <= 1
		}
		return ok && len(values) <= 1
	case *ssa.Alloc:
		if isStructCell(v) {
			// A loop over values has one variable for all of them, or sets it anew each time.
			for _, store := range structStores(v) {
				if !w.isPast(store, a) {
					return false
				}
			}
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

// hasBeenAt: an instruction that is no deferred call lies on a way to where the activation stands.
func (w *World) hasBeenAt(in ssa.Instruction, a *activation) bool {
	if _, ok := in.(*ssa.Defer); ok {
		return false
	}
	for _, p := range a.points {
		if p.entry || !w.follows(p.block.Instrs[p.index], in) {
			return false
		}
	}
	return len(a.points) > 0
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
	arg := w.passedBy(r)
	return arg != nil && w.valueStays(arg, a, 0)
}

// hasRegistered: the deferred call stands on every way to where the activation is.
func (a *activation) hasRegistered(d *ssa.Defer) bool {
	for _, p := range a.points {
		if p.entry || !dominates(d, p.block.Instrs[p.index]) {
			return false
		}
	}
	return len(a.points) > 0
}

// isStale: the value was read before, from where another one may be by now.
func (w *World) isStale(load *ssa.UnOp, a *activation) bool {
	if load.Parent() != a.fn || !w.isPast(load, a) {
		return false
	}
	switch from := load.X.(type) {
	case *ssa.FieldAddr:
		return w.reset[w.locOf(from)]
	case *ssa.Global:
		return len(w.stores[w.locOf(from)]) > 1
	}
	return false
}

// copyName is a variable that has kept what was read.
func (w *World) copyName(load *ssa.UnOp) string {
	if _, isField := load.X.(*ssa.FieldAddr); isField {
		return localExpr(w.variableName(load), load.Parent())
	}
	return ""
}
