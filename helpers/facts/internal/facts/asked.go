package facts

import (
	"go/token"
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// askedOf gathers what a loop asks before it goes round once more.
type askedOf struct {
	q      *quiet
	blocks map[*ssa.BasicBlock]bool
	kinds  map[string]bool
	values []ssa.Value
	// addresses are the storage that is asked.
	addresses []ssa.Value
	seen      map[ssa.Value]bool
}

// order are the blocks of the loop as they stand in the function.
func (a *askedOf) order() []*ssa.BasicBlock {
	out := make([]*ssa.BasicBlock, 0, len(a.blocks))
	for b := range a.blocks {
		out = append(out, b)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Index < out[j].Index })
	return out
}

// kind is the most telling of what is asked.
func (a *askedOf) kind() string {
	for _, kind := range []string{"try-lock", "channel", "atomic", "memory"} {
		if a.kinds[kind] {
			return kind
		}
	}
	return "endless"
}

// onlyWaits tells whether a block of the loop carries nothing round but counts: a sum, a hash or a position is work.
func (a *askedOf) onlyWaits(b *ssa.BasicBlock) bool {
	for _, in := range b.Instrs {
		phi, ok := in.(*ssa.Phi)
		if !ok {
			continue
		}
		carried := false
		for i, edge := range phi.Edges {
			if v, ok := edge.(ssa.Instruction); ok && a.blocks[b.Preds[i]] && a.blocks[v.Block()] {
				carried = true
			}
		}
		if carried && !isCount(phi) && !a.byOthers(phi) {
			return false
		}
	}
	return true
}

// byOthers tells whether a value in the loop hangs on what others do, and on nothing that the loop does itself. One case
// for each kind of value: they call each other by it.
func (a *askedOf) byOthers(v ssa.Value) bool {
	if in, ok := v.(ssa.Instruction); !ok || !a.blocks[in.Block()] {
		// It is what it was before the loop began.
		return true
	}
	if a.seen[v] {
		_, isPhi := v.(*ssa.Phi)
		return !isPhi
	}
	a.seen[v] = true
	defer delete(a.seen, v)
	all := func(values ...ssa.Value) bool {
		for _, v := range values {
			if !a.byOthers(v) {
				return false
			}
		}
		return true
	}
	switch v := v.(type) {
	case *ssa.BinOp:
		return all(v.X, v.Y)
	case *ssa.UnOp:
		if v.Op != token.MUL {
			return all(v.X)
		}
		if isLocal(v.X) {
			return false
		}
		if isPlain(v.Type()) {
			a.add(&quietCall{kinds: []string{"memory"}, values: []ssa.Value{v.X}, addresses: []ssa.Value{v.X}})
		}
		return all(v.X)
	case *ssa.Phi:
		return all(v.Edges...)
	case *ssa.Extract:
		return all(v.Tuple)
	case *ssa.Select:
		called := &quietCall{kinds: []string{"channel"}}
		for _, state := range v.States {
			called.values = append(called.values, state.Chan)
		}
		a.add(called)
		return true
	case *ssa.Call:
		called := a.q.call(&v.Call, v, 0)
		if !called.is || !called.asks {
			return false
		}
		a.add(called)
		return all(v.Call.Args...)
	case *ssa.Lookup:
		a.add(&quietCall{kinds: []string{"memory"}, values: []ssa.Value{v.X}})
		return all(v.X, v.Index)
	case *ssa.FieldAddr:
		return all(v.X)
	case *ssa.Field:
		return all(v.X)
	case *ssa.IndexAddr:
		return all(v.X, v.Index)
	case *ssa.Index:
		return all(v.X, v.Index)
	case *ssa.Convert:
		return all(v.X)
	case *ssa.ChangeType:
		return all(v.X)
	case *ssa.ChangeInterface:
		return all(v.X)
	case *ssa.MakeInterface:
		return all(v.X)
	case *ssa.TypeAssert:
		return all(v.X)
	case *ssa.Slice:
		return all(v.X)
	}
	return false
}

func (a *askedOf) add(called *quietCall) {
	for _, kind := range called.kinds {
		a.kinds[kind] = true
	}
	a.values = append(a.values, called.values...)
	a.addresses = append(a.addresses, called.addresses...)
}

// storesWhatItAsks: then it may end itself.
func (a *askedOf) storesWhatItAsks() bool {
	keys := map[locKey]bool{}
	for _, addr := range a.addresses {
		keys[a.q.w.locOf(addr)] = true
	}
	for b := range a.blocks {
		for _, in := range b.Instrs {
			if store, ok := in.(*ssa.Store); ok && keys[a.q.w.locOf(store.Addr)] {
				return true
			}
			if call, ok := in.(*ssa.Call); ok {
				kind, ok := atomicCall(calledName(&call.Call))
				if ok && (kind == "store" || kind == "add") && keys[a.q.w.locOf(call.Call.Args[0])] {
					return true
				}
			}
		}
	}
	return false
}

// isPlain: a value that says something by itself, not the way to another one.
func isPlain(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Basic, *types.Pointer, *types.Interface:
		return true
	}
	return false
}
