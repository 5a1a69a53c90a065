package facts

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// passedValue is what a call passes on that leads to the object; nil where that cannot be told.
func passedValue(p Path, fn *ssa.Function, site ssa.CallInstruction) ssa.Value {
	c := site.Common()
	switch p.root {
	case rootParam:
		return argument(c, fn, p.index)
	case rootFree:
		if made, ok := c.Value.(*ssa.MakeClosure); ok && made.Fn == fn && p.index < len(made.Bindings) {
			return made.Bindings[p.index]
		}
	}
	return nil
}

// anewFor are the instructions that make an object and the variables in which it comes to a value, as long as that is no
// choice among several: whoever passes all of them has a new one. Nothing where it may be another object.
func anewFor(v ssa.Value, made ssa.Instruction) []ssa.Instruction {
	if v == nil || made == nil {
		return nil
	}
	out := []ssa.Instruction{made}
	for steps := 0; steps < maxSteps*2; steps++ {
		if in, ok := v.(ssa.Instruction); ok && in == made {
			return out
		}
		switch x := v.(type) {
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return nil
			}
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.Field:
			v = x.X
		case *ssa.Extract:
			v = x.Tuple
		case *ssa.ChangeType:
			v = x.X
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.Alloc:
			stores := structStores(x)
			if len(stores) != 1 || stores[0].Parent() != made.Parent() {
				return nil
			}
			out = append(out, x)
			v = stores[0].Val
		default:
			return nil
		}
	}
	return nil
}

// comesAnew: an activation comes to an instruction only after it has made each of these once more.
func comesAnew(anew []ssa.Instruction, in ssa.Instruction, a *activation) bool {
	if _, ok := in.(*ssa.Defer); ok || len(anew) == 0 || len(a.points) == 0 {
		return false
	}
	for _, p := range a.points {
		if p.entry || p.lost || p.again {
			return false
		}
		for _, made := range anew {
			isIt := func(at ssa.Instruction) bool { return at == in }
			isStop := func(at ssa.Instruction) bool { return at == made }
			if made.Parent() != a.fn || firstWithout(p.block, p.index+1, isIt, isStop) != nil {
				return false
			}
		}
	}
	return true
}
