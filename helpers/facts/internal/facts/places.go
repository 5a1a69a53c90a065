package facts

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A Waiting is an operation that a frame may be parked in.
type Waiting struct {
	Op   int    `json:"op"`
	Text string `json:"text"` // as written
	Expr string `json:"expr"` // as a debugger finds it; "" where it cannot
	Line int    `json:"line"`
	// Near: it stands in the frame's line; else somewhere in its function.
	Near  bool `json:"near"`
	Done  bool `json:"done"`            // a receive from Done of a context
	Clock bool `json:"clock,omitempty"` // a receive of a timer or ticker
	// Drain: it receives from a timer that was stopped.
	Drain bool `json:"drain,omitempty"`
	// Round: its function comes back to it, for as long as others have something for it.
	Round bool `json:"round,omitempty"`
	// Foreign: it stands in a module that the program depends on.
	Foreign bool `json:"foreign,omitempty"`
	// Offer: it sends a channel, by which whoever takes it gives it something to do.
	Offer bool   `json:"offer,omitempty"`
	Owner *Owner `json:"owner,omitempty"`
	// Name is what a person calls it, where this stack tells it and others need not: whose Do a Once's waiter is in.
	Name string `json:"name,omitempty"`
	// Elem is the type of a channel's elements.
	Elem string `json:"elem,omitempty"`
}

// Places are the operations of certain kinds that a frame may be parked in, those of its line first.
func (w *World) Places(s *Stacks, stack, frame int, kinds []string) []Waiting {
	wanted := map[string]bool{}
	for _, k := range kinds {
		wanted[k] = true
	}
	out := []Waiting{}
	if stack >= len(s.at) || frame >= len(s.at[stack]) {
		return out
	}
	seen := map[*Op]bool{}
	add := func(op *Op, near bool) {
		if seen[op] || !wanted[op.Kind] {
			return
		}
		seen[op] = true
		waiting := Waiting{Op: op.ID, Text: op.Expr, Expr: w.exprOf(op.Operand, 0), Line: w.line(op.Pos), Near: near, Done: doneOf(op.Operand) != nil, Clock: op.Kind == "receive" && isClockChannel(op.Operand), Drain: w.isDrain(op), Round: w.comesRound(op.Instr), Foreign: w.isForeign(op.Fn)}
		if isSyncKind(op.Kind) {
			waiting.Owner = w.ownerOf(op)
			waiting.Name = w.onceName(s, stack, frame, op)
		} else {
			elem := chanElem(op.Operand.Type())
			waiting.Elem, waiting.Offer = w.keys.of(elem), op.Kind == "send" && hasChannel(elem)
		}
		out = append(out, waiting)
	}
	for _, a := range s.at[stack][frame] {
		for _, p := range a.points {
			if p.entry {
				continue
			}
			for _, op := range w.opAt[p.block.Instrs[p.index]] {
				add(op, true)
			}
		}
	}
	for _, a := range s.at[stack][frame] {
		for _, op := range w.opsOf[a.fn] {
			add(op, false)
		}
	}
	if len(s.at[stack][frame]) == 0 {
		w.startedOps(s.all[stack].Frames[frame], add)
	}
	return out
}

// hasChannel: it is a channel, or a struct that has one.
func hasChannel(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Chan:
		return true
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if _, ok := t.Field(i).Type().Underlying().(*types.Chan); ok {
				return true
			}
		}
	}
	return false
}

// onceName is the Once whose Do the goroutine is in, for the lock that is inside it.
func (w *World) onceName(s *Stacks, stack, frame int, op *Op) string {
	if op.Fn.Signature.Recv() == nil || syncType(deref(op.Fn.Signature.Recv().Type())) != "Once" {
		return ""
	}
	for j := frame + 1; j < len(s.at[stack]); j++ {
		for _, a := range s.at[stack][j] {
			for _, p := range a.points {
				if p.entry {
					continue
				}
				for _, do := range w.opAt[p.block.Instrs[p.index]] {
					if n, ok := w.nameOf(do.Operand); ok && do.Kind == "once" {
						return n.Name
					}
				}
			}
		}
	}
	return ""
}

// startedOps: `go wg.Wait()` starts in a wrapper that the compiler makes and that no source shows.
func (w *World) startedOps(f Frame, add func(*Op, bool)) {
	for _, fn := range w.functionsAt(f.File, f.Line) {
		for _, op := range w.opsOf[fn] {
			switch op.Instr.(type) {
			case *ssa.Go, *ssa.Defer:
				if w.line(op.Instr.Pos()) == f.Line || w.line(op.Pos) == f.Line {
					add(op, true)
				}
			}
		}
	}
}
