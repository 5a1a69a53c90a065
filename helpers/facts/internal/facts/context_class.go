package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// doneOf is the context whose end a channel tells: the receiver of a call of Done.
func doneOf(v ssa.Value) ssa.Value {
	for {
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.Call:
			if calledName(&x.Call) == "context.Context.Done" {
				return x.Call.Value
			}
		}
		return nil
	}
}

// doneByProgram is what Done of the program's own contexts returns.
func (w *World) doneByProgram(v ssa.Value) []node {
	for {
		change, ok := v.(*ssa.ChangeType)
		if !ok {
			break
		}
		v = change.X
	}
	call, ok := v.(*ssa.Call)
	if !ok {
		return nil
	}
	var out []node
	for _, fn := range w.callees[call] {
		// The library's own contexts are known by the calls that made them.
		if fn.Pkg != nil && w.isStdPackage(fn.Pkg.Pkg) {
			continue
		}
		for _, b := range fn.Blocks {
			if len(b.Instrs) == 0 {
				continue
			}
			if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && len(ret.Results) == 1 {
				out = append(out, ret.Results[0])
			}
		}
	}
	return out
}

// followContexts goes back to the calls that made the contexts, and on to their parents; whoever calls the functions
// that came with them ends them.
func (w *World) followContexts(c *class, contexts []ssa.Value) {
	seen := map[*ssa.Call]bool{}
	work := contexts
	for len(work) > 0 {
		ctx := work[0]
		work = work[1:]
		back := w.search([]node{ctx}, ctx.Type(), true)
		if back.Lost {
			c.unknown = true
		}
		for _, at := range back.Library {
			if at != nil {
				c.others = append(c.others, at)
			}
		}
		for _, n := range back.Order {
			call := contextMaker(n)
			if v, ok := n.(*ssa.Call); ok && isBackground(v) {
				c.background = true
			}
			if call == nil || seen[call] {
				continue
			}
			seen[call] = true
			c.contexts = append(c.contexts, call)
			if isClock(calledName(&call.Call)) {
				c.clocks = append(c.clocks, call)
			}
			work = append(work, call.Call.Args[0])
		}
		if len(back.Library) > 0 && back.Library[0] == nil {
			c.others = append(c.others, nil)
		}
	}
	for _, call := range c.contexts {
		c.ops = append(c.ops, w.cancelsOf(call)...)
	}
}

func isBackground(call *ssa.Call) bool {
	name := calledName(&call.Call)
	return name == "context.Background" || name == "context.TODO"
}

func isClock(name string) bool {
	switch name {
	case "context.WithCancel", "context.WithCancelCause":
		return false
	}
	return true
}

func contextMaker(n node) *ssa.Call {
	switch v := n.(type) {
	case *ssa.Extract:
		if call, ok := v.Tuple.(*ssa.Call); ok && v.Index == 0 && contextMakers[calledName(&call.Call)] {
			return call
		}
	}
	return nil
}

// cancelValue is the function that came with a context; nil where it was thrown away.
func cancelValue(call *ssa.Call) *ssa.Extract {
	for _, ref := range *call.Referrers() {
		if e, ok := ref.(*ssa.Extract); ok && e.Index == 1 {
			for _, use := range *e.Referrers() {
				if _, debug := use.(*ssa.DebugRef); !debug {
					return e
				}
			}
		}
	}
	return nil
}

// cancelsOf are the calls of the function that came with a context.
func (w *World) cancelsOf(call *ssa.Call) []*Op {
	value := cancelValue(call)
	if value == nil {
		return nil
	}
	forth := w.search([]node{value}, value.Type(), false)
	var out []*Op
	seen := map[ssa.Instruction]bool{}
	for _, n := range forth.Order {
		v, ok := n.(ssa.Value)
		if !ok || v.Referrers() == nil {
			continue
		}
		for _, ref := range *v.Referrers() {
			site, ok := ref.(ssa.CallInstruction)
			if !ok || site.Common().Value != v || site.Common().IsInvoke() || seen[site] {
				continue
			}
			seen[site] = true
			out = append(out, w.cancelOp(site))
		}
	}
	for _, at := range forth.Library {
		if at != nil {
			out = append(out, &Op{ID: -1, Kind: "cancel", Fn: at.Parent(), Instr: at, Operand: value, Pos: at.Pos(), Expr: "library"})
		}
	}
	return out
}

func (w *World) cancelOp(site ssa.CallInstruction) *Op {
	for _, op := range w.opAt[site] {
		if op.Kind == "cancel" {
			return op
		}
	}
	_, deferred := site.(*ssa.Defer)
	op := &Op{Kind: "cancel", Fn: site.Parent(), Instr: site, Operand: site.Common().Value, Pos: site.Common().Pos(), Deferred: deferred, Alone: true}
	w.addOp(op)
	if c := w.syntaxOf(op.Fn).calls[op.Pos]; c != nil {
		op.Expr = types.ExprString(c.Fun) + "()"
	}
	return op
}
