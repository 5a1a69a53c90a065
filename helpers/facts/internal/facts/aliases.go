package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// findAliases notes the variables, fields and elements whose address goes somewhere: what pointers of their type point
// at may be them.
func (w *World) findAliases() {
	var room [8]*ssa.Value
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				for _, operand := range in.Operands(room[:0]) {
					if v := *operand; v != nil && isStorage(v) && w.givesAddress(in, v) {
						w.addAlias(w.locOf(v), w.pointedAt(v.Type()))
					}
				}
			}
		}
	}
}

func (w *World) addAlias(a, b locKey) {
	if a == b {
		return
	}
	for _, known := range w.aliases[a] {
		if known == b {
			return
		}
	}
	w.aliases[a] = append(w.aliases[a], b)
	w.aliases[b] = append(w.aliases[b], a)
}

// isStorage tells whether a value is the address of a variable, a field or an element that holds what is followed: what
// lies in a struct is told by its type anyway.
func isStorage(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.Alloc, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Global, *ssa.FreeVar:
	default:
		return false
	}
	p, ok := v.Type().Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	switch p.Elem().Underlying().(type) {
	case *types.Struct, *types.Array:
		return false
	}
	return mayCarry(p.Elem())
}

// givesAddress tells whether an instruction does more with an address than to read or to set what is there.
func (w *World) givesAddress(in ssa.Instruction, v ssa.Value) bool {
	switch in := in.(type) {
	case *ssa.Store:
		return in.Val == v
	case *ssa.UnOp, *ssa.DebugRef, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Field:
		return false
	case *ssa.MakeClosure:
		fn := in.Fn.(*ssa.Function)
		for i, b := range in.Bindings {
			if b == v && i < len(fn.FreeVars) && w.captured(fn.FreeVars[i], 0) == nil {
				return true
			}
		}
		return false
	case ssa.CallInstruction:
		c := in.Common()
		return !isAtomicAccess(calledName(c)) || c.Args[0] != v
	}
	return true
}

// findTwins notes the structs that are converted into each other: their fields are the same fields.
func (w *World) findTwins() {
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				change, ok := in.(*ssa.ChangeType)
				if !ok {
					continue
				}
				from, to := deref(change.X.Type()), deref(change.Type())
				if _, ok := from.Underlying().(*types.Struct); !ok {
					continue
				}
				a, b := w.twinOf(w.keys.of(from)), w.twinOf(w.keys.of(to))
				if opaqueFirst := w.opaqueOwner(locKey("F"+b)) != ""; opaqueFirst {
					a, b = b, a
				}
				if a != b {
					w.twins[b] = a
				}
			}
		}
	}
}

// twinOf is the struct type that stands for all that are converted into each other.
func (w *World) twinOf(owner string) string {
	for w.twins[owner] != "" {
		owner = w.twins[owner]
	}
	return owner
}
