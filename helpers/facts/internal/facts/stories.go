package facts

import (
	"sort"

	"golang.org/x/tools/go/ssa"
)

func (w *World) tellContexts(c *class, out *Class) {
	for _, call := range c.contexts {
		p := w.place(call.Call.Pos())
		name := w.contextName(call)
		ctx := Context{Name: name.Name, Function: shortName(call.Parent()), File: p.File, Line: p.Line, Cancels: []Place{},
			Discarded: cancelValue(call) == nil, Clock: isClock(calledName(&call.Call))}
		for _, op := range w.cancelsOf(call) {
			ctx.Cancels = append(ctx.Cancels, w.place(positionOf(op.Instr)))
		}
		out.Contexts = append(out.Contexts, ctx)
	}
	for _, at := range c.others {
		if at == nil {
			out.Others = append(out.Others, Entry{Why: "a parameter that other code sets"})
			continue
		}
		p := w.place(positionOf(at))
		out.Others = append(out.Others, Entry{Why: opaqueName(w, at), File: p.File, Line: p.Line})
	}
}

// tellMade names the places where objects of a class are made, each once; those of Go's library tell nobody anything.
func (w *World) tellMade(c *class) []Made {
	var out []Made
	seen := map[Made]bool{}
	for _, v := range c.made {
		p := w.place(v.Pos())
		if p.Line == 0 || w.isLibraryFile(p.File) || v.Parent() == nil {
			continue
		}
		made := Made{Function: shortName(v.Parent()), File: p.File, Line: p.Line, Foreign: w.isForeign(v.Parent())}
		if !seen[made] {
			seen[made] = true
			out = append(out, made)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].File != out[j].File {
			return out[i].File < out[j].File
		}
		return out[i].Line < out[j].Line
	})
	return out
}

func (w *World) tellStory(c *class, s *Stacks, out *Class) {
	makers := map[*ssa.Function]bool{}
	for _, v := range c.made {
		if in, ok := v.(ssa.Instruction); ok && w.variableName(v) != "" {
			makers[in.Parent()] = true
		}
	}
	owing := map[[2]int]bool{}
	for _, o := range out.Operations {
		if o.Kind == "receive" {
			for _, spot := range append(append([]Spot{}, o.OnStack...), o.Routes...) {
				owing[[2]int{spot.Stack, spot.Frame}] = true
			}
		}
	}
	slots := map[int]bool{}
	for _, op := range c.ops {
		switch op.Kind {
		case "receive":
			// Who is still to come to it has not left.
			if d, ok := w.departureOf(op); ok && !w.isStillAhead(s, op) {
				d.Made = makers[op.Fn]
				d.OnStack = len(s.of[op.Fn]) > 0
				out.Departures = append(out.Departures, d)
			}
		case "send":
			w.noteSlots(op.Fn, op.Instr, s, owing, slots)
			routes, _, _ := w.routesTo(op, c, s)
			for _, r := range routes {
				w.noteSlots(r.fn, r.site, s, owing, slots)
			}
		}
	}
	for stack := range slots {
		out.Slots = append(out.Slots, stack)
	}
	sort.Ints(out.Slots)
	for _, op := range c.ops {
		if op.Kind == "send" || op.Kind == "close" {
			p := w.place(op.Pos)
			out.Operations = append(out.Operations, Operation{Kind: "told:" + op.Kind, Function: shortName(op.Fn), File: p.File, Line: p.Line,
				Expr: op.Expr, Foreign: w.isForeign(op.Fn), LeftBefore: w.leftBefore(op), OnStack: []Spot{}, Routes: []Spot{}, Open: []Entry{}})
		}
	}
}

// noteSlots: a frame that has sent and has yet to receive holds a slot.
func (w *World) noteSlots(fn *ssa.Function, site ssa.Instruction, s *Stacks, owing map[[2]int]bool, slots map[int]bool) {
	if fn == nil {
		return
	}
	for _, a := range s.of[fn] {
		if !owing[[2]int{a.stack, a.frame}] {
			continue
		}
		for _, p := range a.points {
			if !p.entry && p.block.Instrs[p.index] != site && w.follows(p.block.Instrs[p.index], site) && !w.isAhead(site, p) {
				slots[a.stack] = true
			}
		}
	}
}

// isStillAhead tells whether a frame stands before an operation of its function, outside of the loop that it is in.
func (w *World) isStillAhead(s *Stacks, op *Op) bool {
	for _, a := range s.of[op.Fn] {
		if len(a.points) != 1 || a.points[0].entry {
			continue
		}
		here := a.points[0].block.Instrs[a.points[0].index]
		if w.isAhead(op.Instr, a.points[0]) && !w.follows(here, op.Instr) && !hasYetToGet(op, a.points[0]) {
			return true
		}
	}
	return false
}

// hasYetToGet: the object comes from a call that the frame stands in, or makes before the operation. It is not among those
// that such calls have given to others before.
func hasYetToGet(op *Op, p point) bool {
	call, ok := rootOf(op.Operand, 0).(*ssa.Call)
	if !ok {
		return false
	}
	isIt := func(in ssa.Instruction) bool { return in == op.Instr }
	isCall := func(in ssa.Instruction) bool { return in == call }
	return p.block.Instrs[p.index] == call || firstWithout(p.block, p.index+1, isIt, isCall) == nil
}
