package facts

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A locKey names a kind of storage that is not told apart further: one field of all structs of a type, a package
// variable, the elements of all containers of a type, what all pointers of a type point at, a local variable.
type locKey string

// locOf is the storage at an address.
func (w *World) locOf(addr ssa.Value) locKey {
	switch a := addr.(type) {
	case *ssa.FieldAddr:
		s := w.fieldStep(a.X.Type(), a.Field)
		return locKey("F" + s.owner + "#" + itoa(s.index))
	case *ssa.Global:
		return locKey("G" + a.String())
	case *ssa.IndexAddr:
		return w.elementsOf(a.X.Type())
	case *ssa.Alloc:
		return w.variableKey(a)
	case *ssa.FreeVar:
		if a := w.captured(a, 0); a != nil {
			return w.variableKey(a)
		}
	case *ssa.ChangeType:
		return w.locOf(a.X)
	}
	return w.pointedAt(addr.Type())
}

// pointedAt is what all pointers of a type point at.
func (w *World) pointedAt(pointer types.Type) locKey {
	return locKey("P" + w.keys.of(deref(pointer)))
}

// elementsOf are the elements of all containers with elements of one type: a slice, the array that lies below it, and a
// map are not told apart.
func (w *World) elementsOf(t types.Type) locKey {
	switch u := deref(t).Underlying().(type) {
	case *types.Slice:
		return locKey("E" + w.keys.of(u.Elem()))
	case *types.Array:
		return locKey("E" + w.keys.of(u.Elem()))
	case *types.Map:
		return locKey("E" + w.keys.of(u.Elem()))
	}
	return locKey("E" + w.keys.of(t))
}

func (w *World) variableKey(a *ssa.Alloc) locKey {
	fn := a.Parent()
	return locKey("V" + fn.String() + "@" + itoa(int(a.Pos())) + a.Name())
}

// captured is the variable that a closure captured, where there is only one.
func (w *World) captured(v *ssa.FreeVar, depth int) *ssa.Alloc {
	if depth > 20 {
		return nil
	}
	fn := v.Parent()
	index := -1
	for i, f := range fn.FreeVars {
		if f == v {
			index = i
		}
	}
	made := w.closures[fn]
	if len(made) != 1 || index < 0 || index >= len(made[0].Bindings) {
		return nil
	}
	switch b := made[0].Bindings[index].(type) {
	case *ssa.Alloc:
		return b
	case *ssa.FreeVar:
		return w.captured(b, depth+1)
	}
	return nil
}

// mayCarry tells whether values of a type can be or contain what questions are about.
func mayCarry(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Chan, *types.Signature, *types.Interface:
		return true
	case *types.Pointer:
		elem := u.Elem()
		if syncType(elem) != "" {
			return true
		}
		switch elem.Underlying().(type) {
		case *types.Chan, *types.Struct, *types.Signature, *types.Interface, *types.Pointer:
			return true
		}
	case *types.Struct:
		return true
	}
	return false
}

// indexInstruction notes what an instruction stores, loads, takes the address of, or closes over. One case for each kind
// of instruction: apart they would be looked for in as many places.
func (w *World) indexInstruction(in ssa.Instruction) {
	w.indexGlobals(in)
	switch in := in.(type) {
	case *ssa.Store:
		if !mayCarry(in.Val.Type()) {
			return
		}
		w.noteCopy(in.Val)
		key := w.locOf(in.Addr)
		w.stores[key] = append(w.stores[key], in.Val)
		if f, ok := in.Addr.(*ssa.FieldAddr); ok && !isFresh(w.pathsOfOwner(f)) {
			w.reset[key] = true
			if !isNew(in.Val) {
				w.moved[key] = true
			}
		}
	case *ssa.UnOp:
		if !mayCarry(in.Type()) {
			return
		}
		switch in.Op.String() {
		case "*":
			key := w.locOf(in.X)
			w.loads[key] = append(w.loads[key], in)
		case "<-":
			if !in.CommaOk {
				key := locKey("C" + w.keys.of(chanElem(in.X.Type())))
				w.loads[key] = append(w.loads[key], in)
			}
		}
	case *ssa.Extract:
		for _, from := range w.extracted(in) {
			if key, ok := from.(locKey); ok {
				w.loads[key] = append(w.loads[key], in)
			}
		}
	case *ssa.Index:
		key := locKey("E" + w.keys.of(in.X.Type().Underlying()))
		w.loads[key] = append(w.loads[key], in)
	case *ssa.Field:
		s := w.fieldStep(in.X.Type(), in.Field)
		key := locKey("F" + s.owner + "#" + itoa(s.index))
		w.loads[key] = append(w.loads[key], in)
	case *ssa.FieldAddr, *ssa.IndexAddr:
		if v := in.(ssa.Value); syncType(deref(v.Type())) != "" {
			key := w.locOf(v)
			w.addrs[key] = append(w.addrs[key], v)
		}
	case *ssa.MapUpdate:
		key := w.elementsOf(in.Map.Type())
		w.stores[key] = append(w.stores[key], in.Value)
		keys := locKey("K" + w.keys.of(in.Map.Type().Underlying()))
		w.stores[keys] = append(w.stores[keys], in.Key)
	case *ssa.Lookup:
		if _, ok := in.X.Type().Underlying().(*types.Map); ok {
			key := w.elementsOf(in.X.Type())
			w.loads[key] = append(w.loads[key], in)
		}
	case *ssa.Send:
		key := locKey("C" + w.keys.of(chanElem(in.Chan.Type())))
		w.stores[key] = append(w.stores[key], in.X)
	case *ssa.Select:
		for _, s := range in.States {
			if s.Send != nil {
				key := locKey("C" + w.keys.of(chanElem(s.Chan.Type())))
				w.stores[key] = append(w.stores[key], s.Send)
			}
		}
	case ssa.CallInstruction:
		w.indexAtomic(in)
	case *ssa.MakeClosure:
		fn := in.Fn.(*ssa.Function)
		w.closures[fn] = append(w.closures[fn], in)
	}
}

// noteCopy: a struct that is copied from where it lies has what the other one's fields have.
func (w *World) noteCopy(v ssa.Value) {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return
	}
	if made, ok := load.X.(*ssa.Alloc); ok && made.Comment == "complit" {
		return
	}
	w.markCopied(load.Type(), 0)
}

func (w *World) markCopied(t types.Type, depth int) {
	st, ok := t.Underlying().(*types.Struct)
	if !ok || depth > maxSteps {
		return
	}
	for i := 0; i < st.NumFields(); i++ {
		s := w.fieldStep(t, i)
		w.copied[locKey("F"+s.owner+"#"+itoa(i))] = true
		w.markCopied(st.Field(i).Type(), depth+1)
	}
}

// indexAtomic: what package sync/atomic stores and loads is in the variable like any other value.
func (w *World) indexAtomic(call ssa.CallInstruction) {
	c := call.Common()
	name := calledName(c)
	if len(c.Args) == 0 || c.IsInvoke() {
		return
	}
	key := w.locOf(c.Args[0])
	if isAtomicStore(name) {
		w.stores[key] = append(w.stores[key], c.Args[len(c.Args)-1])
		w.moved[key] = true
	}
	if v, ok := call.(*ssa.Call); ok && isAtomicLoad(name) {
		w.loads[key] = append(w.loads[key], v)
	}
}

// isNew: what was made just then is none of the objects that somebody waits for already.
func isNew(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.MakeChan, *ssa.Alloc, *ssa.MakeClosure:
		return true
	case *ssa.ChangeType:
		return isNew(v.X)
	case *ssa.Const:
		return v.IsNil()
	}
	return false
}

// pathsOfOwner is where the object comes from whose field is addressed. It is asked while indexes are still being
// made, so that only what is in sight counts: an object allocated in the same function.
func (w *World) pathsOfOwner(f *ssa.FieldAddr) []Path {
	x := f.X
	for {
		switch v := x.(type) {
		case *ssa.Alloc:
			return []Path{{root: rootFresh, value: v}}
		case *ssa.FieldAddr:
			x = v.X
			continue
		}
		return []Path{heapPath()}
	}
}

func chanElem(t types.Type) types.Type {
	if c, ok := t.Underlying().(*types.Chan); ok {
		return c.Elem()
	}
	return t
}

func (w *World) indexGlobals(in ssa.Instruction) {
	var room [8]*ssa.Value
	for _, operand := range in.Operands(room[:0]) {
		switch v := (*operand).(type) {
		case *ssa.Global:
			w.globals[v] = append(w.globals[v], in)
		case *ssa.Function:
			if call, ok := in.(ssa.CallInstruction); ok && call.Common().Value == v && !call.Common().IsInvoke() {
				continue
			}
			w.globals[v] = append(w.globals[v], in)
		}
	}
}
