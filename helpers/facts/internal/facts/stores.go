package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

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
