package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// The flow of values: from where they are made, through variables, fields, elements, parameters and results, to where
// they are used. A node is an SSA value or a locKey; it is followed on demand, in either direction.
type node any

// A libraryNode stands for everything that opaque code holds or hands out.
type libraryNode struct{ at ssa.Instruction }

// maxNodes bounds one search; what is larger counts as lost from sight.
const maxNodes = 30000

// A Reach is where values may come from or go to.
type Reach struct {
	Nodes map[node]bool
	Order []node
	// Library are the places where the value goes into code that was not read, or comes out of it.
	Library []ssa.Instruction
	// Lost is set when the search was given up.
	Lost bool
}

// compatible tells whether a value of one type may be one of another: equal types, or an interface.
func compatible(have, want types.Type) bool {
	if have == nil || want == nil {
		return true
	}
	if types.IsInterface(have) || types.IsInterface(want) {
		return true
	}
	h, t := have.Underlying(), want.Underlying()
	if hc, ok := h.(*types.Chan); ok {
		tc, ok := t.(*types.Chan)
		return ok && types.Identical(hc.Elem(), tc.Elem())
	}
	if types.Identical(h, t) {
		return true
	}
	// A pointer may be converted to one to a struct of another name.
	hp, ok := h.(*types.Pointer)
	tp, ok2 := t.(*types.Pointer)
	if !ok || !ok2 {
		return false
	}
	_, ok = hp.Elem().Underlying().(*types.Struct)
	return ok && types.Identical(hp.Elem().Underlying(), tp.Elem().Underlying())
}

// search follows nodes from the starts; back goes towards where values are made.
func (w *World) search(starts []node, want types.Type, back bool) *Reach {
	r := &Reach{Nodes: map[node]bool{}}
	work := []node{}
	push := func(n node) {
		if n == nil || r.Nodes[n] {
			return
		}
		if v, ok := n.(ssa.Value); ok && !w.carries(v, want) {
			return
		}
		r.Nodes[n] = true
		r.Order = append(r.Order, n)
		work = append(work, n)
	}
	for _, s := range starts {
		push(s)
	}
	for len(work) > 0 {
		if len(r.Nodes) > maxNodes {
			r.Lost = true
			return r
		}
		n := work[0]
		work = work[1:]
		next := w.successors
		if back {
			next = w.predecessors
		}
		for _, m := range next(n) {
			if lib, ok := m.(libraryNode); ok {
				r.Library = append(r.Library, lib.at)
				continue
			}
			push(m)
		}
	}
	return r
}

// carries tells whether a value can be, or hold in an interface or a variable, one of the wanted type.
func (w *World) carries(v ssa.Value, want types.Type) bool {
	t := v.Type()
	if compatible(t, want) {
		return true
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return compatible(p.Elem(), want) && !types.IsInterface(p.Elem())
	}
	if tuple, ok := t.(*types.Tuple); ok {
		for i := 0; i < tuple.Len(); i++ {
			if compatible(tuple.At(i).Type(), want) {
				return true
			}
		}
	}
	return false
}

func (w *World) predecessors(n node) []node {
	if key, ok := n.(locKey); ok {
		return append(values(w.stores[key]), keys(w.aliases[key])...)
	}
	switch v := n.(type) {
	case *ssa.Phi:
		return values(v.Edges)
	case *ssa.ChangeType:
		return []node{v.X}
	case *ssa.Convert:
		return []node{v.X}
	case *ssa.ChangeInterface:
		return []node{v.X}
	case *ssa.MakeInterface:
		return []node{v.X}
	case *ssa.TypeAssert:
		return []node{v.X}
	case *ssa.UnOp:
		switch v.Op.String() {
		case "*":
			return []node{w.locOf(v.X)}
		case "<-":
			return []node{locKey("C" + w.keys.of(chanElem(v.X.Type())))}
		}
	case *ssa.Field:
		s := w.fieldStep(v.X.Type(), v.Field)
		return []node{locKey("F" + s.owner + "#" + itoa(s.index))}
	case *ssa.Lookup:
		return []node{w.elementsOf(v.X.Type())}
	case *ssa.Index:
		return []node{w.elementsOf(v.X.Type())}
	case *ssa.Extract:
		return w.extracted(v)
	case *ssa.Call:
		return w.resultsOf(v, 0)
	case *ssa.Parameter:
		return w.argumentsFor(v)
	case *ssa.FreeVar:
		return w.bindingsOf(v)
	}
	return nil
}

func values(vs []ssa.Value) []node {
	out := make([]node, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out
}

func keys(locs []locKey) []node {
	out := make([]node, len(locs))
	for i, key := range locs {
		out[i] = key
	}
	return out
}

func (w *World) extracted(v *ssa.Extract) []node {
	switch t := v.Tuple.(type) {
	case *ssa.TypeAssert:
		return []node{t.X}
	case *ssa.Call:
		return w.resultsOf(t, v.Index)
	case *ssa.Lookup:
		return []node{w.elementsOf(t.X.Type())}
	case *ssa.UnOp:
		return []node{locKey("C" + w.keys.of(chanElem(t.X.Type())))}
	case *ssa.Next:
		if r, ok := t.Iter.(*ssa.Range); ok && !t.IsString {
			if v.Index == 1 {
				return []node{locKey("K" + w.keys.of(r.X.Type().Underlying()))}
			}
			return []node{w.elementsOf(r.X.Type())}
		}
	case *ssa.Select:
		at := 2
		for _, s := range t.States {
			if s.Dir == types.RecvOnly {
				if at == v.Index {
					return []node{locKey("C" + w.keys.of(chanElem(s.Chan.Type())))}
				}
				at++
			}
		}
	}
	return nil
}

func (w *World) resultsOf(call *ssa.Call, index int) []node {
	name := calledName(&call.Call)
	if contextMakers[name] || makesAnew(name) || isBackground(call) {
		return nil
	}
	if name == "context.WithValue" || name == "context.WithoutCancel" {
		return []node{call.Call.Args[0]}
	}
	if isAtomicLoad(name) {
		return []node{w.locOf(call.Call.Args[0])}
	}
	if name == "context.Context.Done" {
		return w.doneByProgram(call)
	}
	callees := w.callees[call]
	if len(callees) == 0 {
		if _, ok := call.Call.Value.(*ssa.Builtin); ok {
			return nil
		}
		return []node{libraryNode{call}}
	}
	var out []node
	for _, fn := range callees {
		if isOpaque(fn) {
			out = append(out, libraryNode{call})
			continue
		}
		for _, b := range fn.Blocks {
			if len(b.Instrs) == 0 {
				continue
			}
			if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && index < len(ret.Results) {
				out = append(out, ret.Results[index])
			}
		}
	}
	return out
}

func (w *World) argumentsFor(v *ssa.Parameter) []node {
	fn := v.Parent()
	index := -1
	for i, p := range fn.Params {
		if p == v {
			index = i
		}
	}
	var out []node
	for _, site := range w.callers[fn] {
		if arg := argument(site.Common(), fn, index); arg != nil {
			out = append(out, arg)
		}
	}
	if w.library[fn] != "" && index > 0 {
		out = append(out, libraryNode{})
	}
	return out
}

func (w *World) bindingsOf(v *ssa.FreeVar) []node {
	fn := v.Parent()
	var out []node
	for i, f := range fn.FreeVars {
		if f != v {
			continue
		}
		for _, made := range w.closures[fn] {
			if i < len(made.Bindings) {
				out = append(out, made.Bindings[i])
			}
		}
	}
	return out
}
