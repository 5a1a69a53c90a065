package facts

import (
	"golang.org/x/tools/go/ssa"
)

func (w *World) successors(n node) []node {
	if key, ok := n.(locKey); ok {
		return append(append(values(w.loads[key]), values(w.addrs[key])...), keys(w.aliases[key])...)
	}
	v, ok := n.(ssa.Value)
	if !ok || v.Referrers() == nil {
		return w.globalUses(n)
	}
	var out []node
	for _, ref := range *v.Referrers() {
		out = append(out, w.uses(v, ref)...)
	}
	return out
}

// globalUses are the places where the address of a package variable or a function is used: SSA keeps no list of them.
func (w *World) globalUses(n node) []node {
	v, ok := n.(ssa.Value)
	if !ok {
		return nil
	}
	var out []node
	for _, ref := range w.globals[v] {
		out = append(out, w.uses(v, ref)...)
	}
	return out
}

func (w *World) uses(v ssa.Value, ref ssa.Instruction) []node {
	switch ref := ref.(type) {
	case *ssa.Phi, *ssa.ChangeType, *ssa.Convert, *ssa.ChangeInterface, *ssa.MakeInterface:
		return []node{ref}
	case *ssa.TypeAssert:
		if !ref.CommaOk {
			return []node{ref}
		}
		return extracts(ref, 0)
	case *ssa.Store:
		if ref.Val == v {
			return []node{w.locOf(ref.Addr)}
		}
	case *ssa.MapUpdate:
		if ref.Value == v {
			return []node{w.elementsOf(ref.Map.Type())}
		}
		if ref.Key == v {
			return []node{locKey("K" + w.keys.of(ref.Map.Type().Underlying()))}
		}
	case *ssa.Send:
		if ref.X == v {
			return []node{locKey("C" + w.keys.of(chanElem(ref.Chan.Type())))}
		}
	case *ssa.Select:
		for _, s := range ref.States {
			if s.Send == v {
				return []node{locKey("C" + w.keys.of(chanElem(s.Chan.Type())))}
			}
		}
	case *ssa.MakeClosure:
		fn := ref.Fn.(*ssa.Function)
		var out []node
		for i, b := range ref.Bindings {
			if b == v && i < len(fn.FreeVars) {
				out = append(out, fn.FreeVars[i])
			}
		}
		return out
	case *ssa.Return:
		return w.returnedTo(v, ref)
	case ssa.CallInstruction:
		return w.passedTo(v, ref)
	}
	return nil
}

func extracts(tuple ssa.Value, index int) []node {
	var out []node
	for _, ref := range *tuple.Referrers() {
		if e, ok := ref.(*ssa.Extract); ok && e.Index == index {
			out = append(out, e)
		}
	}
	return out
}

func (w *World) returnedTo(v ssa.Value, ret *ssa.Return) []node {
	fn := ret.Parent()
	var out []node
	for i, r := range ret.Results {
		if r != v {
			continue
		}
		for _, site := range w.callers[fn] {
			call, ok := site.(*ssa.Call)
			if !ok {
				continue
			}
			if len(ret.Results) == 1 {
				out = append(out, call)
			} else {
				out = append(out, extracts(call, i)...)
			}
		}
		if w.library[fn] != "" {
			out = append(out, libraryNode{ret})
		}
	}
	return out
}

// harmless are functions of the library that keep nothing of what they are given.
var harmless = map[string]bool{
	"runtime.KeepAlive": true, "context.Context.Done": true, "context.Context.Err": true, "context.Cause": true,
	"context.Context.Value": true, "context.Context.Deadline": true,
}

func (w *World) passedTo(v ssa.Value, site ssa.CallInstruction) []node {
	c := site.Common()
	if _, ok := c.Value.(*ssa.Builtin); ok {
		return nil
	}
	name := calledName(c)
	if isAtomicStore(name) && len(c.Args) > 1 && c.Args[len(c.Args)-1] == v {
		return []node{w.locOf(c.Args[0])}
	}
	if harmless[name] || contextMakers[name] || isSyncCall(name) || looksAt[name] || printing.MatchString(name) {
		return nil
	}
	if name == "context.WithValue" || name == "context.WithoutCancel" {
		if call, ok := site.(*ssa.Call); ok && c.Args[0] == v {
			return []node{call}
		}
	}
	passed := c.IsInvoke() && c.Value == v
	for _, a := range c.Args {
		passed = passed || a == v
	}
	if !passed {
		return nil
	}
	callees := w.callees[site]
	if len(callees) == 0 {
		if c.IsInvoke() && c.Value == v {
			return nil
		}
		return []node{libraryNode{site}}
	}
	var out []node
	for _, fn := range callees {
		if isOpaque(fn) {
			if !(c.IsInvoke() && c.Value == v) {
				out = append(out, libraryNode{site})
			}
			continue
		}
		for i, p := range fn.Params {
			if argument(c, fn, i) == v {
				out = append(out, p)
			}
		}
	}
	return out
}
