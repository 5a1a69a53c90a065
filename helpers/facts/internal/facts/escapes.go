package facts

import (
	"sort"

	"golang.org/x/tools/go/ssa"
)

// A sink is what code that was not read gets.
type sink struct {
	n   node
	why string
}

// An escape follows back where what code gets that was not read comes from.
type escape struct {
	w    *World
	why  map[node]string
	work []sink
	// printed: that code calls methods which it looks for by name, and no function that lies in what it is given.
	printed   bool
	returned  map[*ssa.Function]bool
	converted map[string]bool
}

func (e *escape) push(n node, reason string) {
	if n == nil || e.why[n] != "" {
		return
	}
	if v, ok := n.(ssa.Value); ok && !carriesFunction(v.Type()) {
		return
	}
	e.why[n] = reason
	e.work = append(e.work, sink{n, reason})
}

// findEscaped begins with what may be called; of what else is only printed, methods are.
func (w *World) findEscaped() {
	e := &escape{w: w, why: map[node]string{}, returned: map[*ssa.Function]bool{}, converted: map[string]bool{}}
	printed := e.begin()
	e.follow()
	e.printed = true
	for _, s := range printed {
		e.push(s.n, s.why)
	}
	e.follow()
}

// begin finds all that is handed to code that was not read; what is merely printed is returned.
func (e *escape) begin() (printed []sink) {
	w := e.w
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				call, ok := in.(ssa.CallInstruction)
				if !ok {
					continue
				}
				c := call.Common()
				if _, builtin := c.Value.(*ssa.Builtin); builtin {
					continue
				}
				name := calledName(c)
				if harmless[name] || contextMakers[name] || isAtomicStore(name) {
					continue
				}
				reason := w.opaqueCallee(call)
				if reason == "" || looksAt[name] {
					continue
				}
				for _, arg := range c.Args {
					if printing.MatchString(name) || wraps(name) {
						printed = append(printed, sink{arg, reason})
					} else {
						e.push(arg, reason)
					}
				}
			}
		}
	}
	keys := make([]string, 0, len(w.stores))
	for key := range w.stores {
		keys = append(keys, string(key))
	}
	sort.Strings(keys)
	for _, key := range keys {
		if pkg := w.opaqueOwner(locKey(key)); pkg != "" {
			e.push(locKey(key), "package "+pkg)
		}
	}
	return printed
}

func (e *escape) follow() {
	w := e.w
	for len(e.work) > 0 {
		at := e.work[0]
		e.work = e.work[1:]
		var fn *ssa.Function
		switch v := at.n.(type) {
		case *ssa.Function:
			fn = v
		case *ssa.MakeClosure:
			fn = v.Fn.(*ssa.Function)
		case *ssa.MakeInterface:
			if key := w.keys.of(v.X.Type()) + ">" + w.keys.of(v.Type()); !e.converted[key] {
				e.converted[key] = true
				for _, n := range w.markConverted(v.X.Type(), v.Type(), at.why) {
					e.push(n, at.why)
				}
			}
		}
		if fn != nil && !e.printed {
			w.markLibrary(fn, at.why)
			e.pushResults(fn, at.why)
		}
		for _, n := range append(w.predecessors(at.n), w.contentsOf(at.n)...) {
			if _, ok := n.(libraryNode); !ok {
				e.push(n, at.why)
			}
		}
	}
}

// pushResults: who calls a function has what it returns.
func (e *escape) pushResults(fn *ssa.Function, why string) {
	if e.returned[fn] || isOpaque(fn) {
		return
	}
	e.returned[fn] = true
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
			for _, r := range ret.Results {
				e.push(r, why)
			}
		}
	}
}
