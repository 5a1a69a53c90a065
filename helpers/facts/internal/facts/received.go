package facts

import (
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// findReceivedCalls adds the calls of functions and methods of values that came out of a channel by a receive that
// tells whether it was closed, as a range over the channel does: vta follows only the plain receive.
func (w *World) findReceivedCalls() {
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				extract, ok := in.(*ssa.Extract)
				if !ok || extract.Index != 0 {
					continue
				}
				receive, ok := extract.Tuple.(*ssa.UnOp)
				if ok && (isFunc(extract.Type()) || types.IsInterface(extract.Type())) {
					w.addReceivedCalls(extract, chanElem(receive.X.Type()))
				}
			}
		}
	}
}

func (w *World) addReceivedCalls(received *ssa.Extract, elem types.Type) {
	var sites []ssa.CallInstruction
	for _, n := range w.search([]node{received}, elem, false).Order {
		v, ok := n.(ssa.Value)
		if !ok || v.Referrers() == nil {
			continue
		}
		for _, ref := range *v.Referrers() {
			if site, ok := ref.(ssa.CallInstruction); ok && site.Common().Value == v {
				sites = append(sites, site)
			}
		}
	}
	if len(sites) == 0 {
		return
	}
	functions := map[*ssa.Function]bool{}
	var concrete []types.Type
	for _, n := range w.search([]node{locKey("C" + w.keys.of(elem))}, elem, true).Order {
		switch v := n.(type) {
		case *ssa.Function:
			functions[v] = true
		case *ssa.MakeClosure:
			functions[v.Fn.(*ssa.Function)] = true
		case *ssa.MakeInterface:
			concrete = append(concrete, v.X.Type())
		}
	}
	for _, site := range sites {
		c := site.Common()
		if !c.IsInvoke() {
			for _, fn := range sortedFunctions(functions) {
				if types.Identical(fn.Signature.Params(), c.Signature().Params()) {
					w.addCallee(site, fn)
				}
			}
			continue
		}
		for _, t := range concrete {
			if sel := w.ssa.MethodSets.MethodSet(t).Lookup(c.Method.Pkg(), c.Method.Name()); sel != nil {
				if fn := w.ssa.MethodValue(sel); fn != nil {
					w.addCallee(site, fn)
				}
			}
		}
	}
}

func sortedFunctions(set map[*ssa.Function]bool) []*ssa.Function {
	out := make([]*ssa.Function, 0, len(set))
	for fn := range set {
		out = append(out, fn)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Pos() != out[j].Pos() {
			return out[i].Pos() < out[j].Pos()
		}
		return out[i].String() < out[j].String()
	})
	return out
}

func (w *World) addCallee(site ssa.CallInstruction, fn *ssa.Function) {
	for _, known := range w.callees[site] {
		if known == fn {
			return
		}
	}
	w.callees[site] = append(w.callees[site], fn)
	w.callers[fn] = append(w.callers[fn], site)
}
