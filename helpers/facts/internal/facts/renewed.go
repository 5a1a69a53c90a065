package facts

import (
	"golang.org/x/tools/go/ssa"
)

// isRenewed: the frame waits to receive what the operand comes from, as `for request := range requests` does: what it
// has in that variable now is left from the round before.
func (w *World) isRenewed(operand ssa.Value, a *activation) bool {
	if len(a.points) == 0 || !a.waits {
		return false
	}
	root := rootOf(operand, 0)
	in, ok := root.(ssa.Instruction)
	if !ok || in.Parent() != a.fn {
		return false
	}
	for _, p := range a.points {
		if p.entry || p.lost || p.block.Instrs[p.index] != in {
			return false
		}
	}
	return true
}

// isRenewedBy: what the frame will pass on is yet to be received.
func (w *World) isRenewedBy(r route, a *activation) bool {
	arg := w.passedBy(r)
	return arg != nil && w.isRenewed(arg, a)
}

// passedBy is what a call passes on that leads to the object; nil where it is not told by an expression.
func (w *World) passedBy(r route) ssa.Value {
	site, ok := r.site.(ssa.CallInstruction)
	if !ok || r.expr == "" {
		return nil
	}
	c := site.Common()
	for _, arg := range append([]ssa.Value{c.Value}, c.Args...) {
		expr := w.exprOf(arg, 0)
		if expr != "" && (expr == r.expr || len(r.expr) > len(expr) && r.expr[:len(expr)] == expr) {
			return arg
		}
	}
	return nil
}

// rootOf is where a value was got, followed through fields and the parts of a struct or tuple.
func rootOf(v ssa.Value, depth int) ssa.Value {
	if depth > maxSteps*2 {
		return v
	}
	switch v := v.(type) {
	case *ssa.UnOp:
		// Through a pointer; a receive is where the value was got.
		if v.Op.String() == "*" {
			return rootOf(v.X, depth+1)
		}
	case *ssa.FieldAddr:
		return rootOf(v.X, depth+1)
	case *ssa.Field:
		return rootOf(v.X, depth+1)
	case *ssa.Extract:
		return rootOf(v.Tuple, depth+1)
	case *ssa.ChangeType:
		return rootOf(v.X, depth+1)
	case *ssa.Alloc:
		// A variable that is set in one place alone.
		if stores := structStores(v); len(stores) == 1 {
			return rootOf(stores[0].Val, depth+1)
		}
	}
	return v
}
