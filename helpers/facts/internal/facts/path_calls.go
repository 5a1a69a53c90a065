package facts

import (
	"golang.org/x/tools/go/ssa"
)

// givenTo is what a field of an object is set to in the function that makes it.
func (w *World) givenTo(made *ssa.Alloc, p Path, s step, depth int) []Path {
	key := locKey("F" + s.owner + "#" + itoa(s.index))
	var out []Path
	for _, v := range storesToField(made, s.index) {
		out = append(out, w.paths(v, depth)...)
	}
	// A struct that was copied has the other one's fields.
	for _, v := range wholeStores(made) {
		for _, from := range w.paths(v, depth) {
			out = append(out, w.fieldOf(from, s, depth+1)...)
		}
		if len(w.paths(v, depth)) == 0 {
			out = append(out, heapPath())
		}
	}
	if len(out) == 0 && w.isMadeAnew(key) {
		return []Path{p.with(s)}
	}
	if w.moved[key] || len(out) == 0 {
		out = append(out, heapPath())
	}
	return out
}

// givenByMaker looks into the function that made an object.
func (w *World) givenByMaker(made *ssa.Call, p Path, s step, depth int) []Path {
	key := locKey("F" + s.owner + "#" + itoa(s.index))
	callees := w.callees[made]
	if depth > maxDepth || len(callees) == 0 || w.isMadeAnew(key) {
		if w.isMadeAnew(key) {
			return []Path{p.with(s)}
		}
		return []Path{heapPath()}
	}
	mark := struct {
		call *ssa.Call
		key  locKey
	}{made, key}
	if w.busy[mark] {
		return []Path{heapPath()}
	}
	w.busy[mark] = true
	defer delete(w.busy, mark)
	var out []Path
	for _, fn := range callees {
		if isOpaque(fn) {
			return []Path{heapPath()}
		}
		for _, returned := range w.returned(fn, 0, depth) {
			for _, inner := range w.fieldOf(returned, s, depth+1) {
				out = append(out, w.inCaller(inner, fn, made, depth+1)...)
			}
		}
	}
	return unique(out)
}

// result is where a result of a call comes from: what the functions that it may run return.
func (w *World) result(call *ssa.Call, index int, depth int) []Path {
	name := calledName(&call.Call)
	if contextMakers[name] {
		return []Path{{root: rootFresh, value: call, steps: []step{{"result", index, ""}}}}
	}
	switch name {
	case newCond, newWeighted:
		return []Path{{root: rootFresh, value: call}}
	case "context.WithValue", "context.WithoutCancel":
		return w.paths(call.Call.Args[0], depth)
	case "context.Background", "context.TODO":
		return nil
	}
	if isAtomicLoad(name) && len(call.Call.Args) > 0 {
		return w.load(call.Call.Args[0], depth)
	}
	if call.Call.IsInvoke() && name == "context.Context.Done" {
		return w.extend(w.paths(call.Call.Value, depth), step{"done", 0, "Done()"})
	}
	callees := w.callees[call]
	if len(callees) == 0 || len(callees) > maxPaths {
		return []Path{heapPath()}
	}
	var out []Path
	for _, fn := range callees {
		if isOpaque(fn) {
			// A constructor of the library makes something new, but what it returns may as well be old.
			return []Path{heapPath()}
		}
		for _, p := range w.returned(fn, index, depth) {
			out = append(out, w.inCaller(p, fn, call, depth)...)
		}
	}
	return out
}

// returned tells where a result of a function comes from, seen from inside it.
func (w *World) returned(fn *ssa.Function, index int, depth int) []Path {
	if known, ok := w.returnsM[fn]; ok && index < len(known) && known[index] != nil {
		return known[index]
	}
	if w.busy[fn] || depth > maxDepth {
		return []Path{heapPath()}
	}
	w.busy[fn] = true
	defer delete(w.busy, fn)
	var out []Path
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && index < len(ret.Results) {
			out = append(out, w.paths(ret.Results[index], depth+1)...)
		}
	}
	out = unique(out)
	if out == nil {
		out = []Path{}
	}
	known := w.returnsM[fn]
	for len(known) <= index {
		known = append(known, nil)
	}
	known[index] = out
	w.returnsM[fn] = known
	return out
}

// inCaller says what a path of a called function is in the function that calls it.
func (w *World) inCaller(p Path, fn *ssa.Function, site ssa.CallInstruction, depth int) []Path {
	switch p.root {
	case rootGlobal, rootHeap:
		return []Path{p}
	case rootFresh:
		// Made by the call: anew for whoever calls.
		if v, ok := site.(ssa.Value); ok {
			return []Path{{root: rootFresh, value: v, steps: p.steps}}
		}
		return []Path{{root: rootFresh, value: p.value, steps: p.steps}}
	case rootParam:
		arg := argument(site.Common(), fn, p.index)
		if arg == nil {
			return []Path{heapPath()}
		}
		return w.follow(w.paths(arg, depth), p.steps, depth)
	case rootFree:
		c := site.Common()
		if c.IsInvoke() {
			return []Path{heapPath()}
		}
		value := c.Value
		if made, ok := value.(*ssa.MakeClosure); ok && made.Fn == fn {
			return w.follow(w.boundTo(made.Bindings[p.index], depth), p.steps, depth)
		}
		base := w.paths(value, depth)
		return w.follow(base, append([]step{{"closure", p.index, ""}}, p.steps...), depth)
	}
	return []Path{heapPath()}
}

// follow goes on from paths over steps, into closures that are in sight.
func (w *World) follow(base []Path, steps []step, depth int) []Path {
	out := base
	for _, s := range steps {
		var next []Path
		for _, p := range out {
			if made, ok := p.value.(*ssa.MakeClosure); ok && p.root == rootFresh && len(p.steps) == 0 && s.owner == "closure" {
				if s.index < len(made.Bindings) {
					next = append(next, w.boundTo(made.Bindings[s.index], depth)...)
				}
				continue
			}
			if s.owner == elementStep && p.root == rootFresh {
				next = append(next, heapPath())
				continue
			}
			if s.isField() {
				next = append(next, w.fieldOf(p, s, depth)...)
				continue
			}
			next = append(next, p.with(s))
		}
		out = next
	}
	return unique(out)
}

// boundTo is where what a closure captured comes from: of a variable, what it is set to.
func (w *World) boundTo(binding ssa.Value, depth int) []Path {
	if a, ok := binding.(*ssa.Alloc); ok && !isStructCell(a) {
		return w.load(a, depth)
	}
	return w.paths(binding, depth)
}

// argument is what a call passes for a parameter of the function that it runs; nil where that cannot be told.
func argument(c *ssa.CallCommon, fn *ssa.Function, index int) ssa.Value {
	if c.IsInvoke() {
		if index == 0 {
			return c.Value
		}
		index--
	}
	if index < len(c.Args) {
		return c.Args[index]
	}
	return nil
}
