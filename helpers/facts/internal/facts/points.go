package facts

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// pointsOf are the instructions at which a frame may stand: of an outer frame, the calls of its line that may run the
// frame inside it.
func (w *World) pointsOf(fn *ssa.Function, f Frame, inner []*ssa.Function, innerName string, panics, stopped bool) []point {
	var exact, line, near, any []point
	innerSet := map[*ssa.Function]bool{}
	for _, in := range inner {
		innerSet[in] = true
	}
	parked := strings.HasPrefix(innerName, "runtime.")
	syntax := w.syntaxOf(fn)
	for _, b := range fn.Blocks {
		for i, in := range b.Instrs {
			if _, ok := in.(*ssa.DebugRef); ok {
				continue
			}
			from, to := w.extent(syntax, in)
			if from == 0 || f.Line < from || f.Line > to {
				continue
			}
			p := point{block: b, index: i}
			// Memory for a value, a wrong index, a write into a map: the runtime may have been called anywhere.
			anywhere := p
			anywhere.again = true
			any = append(any, anywhere)
			if panics {
				continue
			}
			if !stopped {
				// It runs: nothing of its line need have happened.
				p.again = true
				line = append(line, p)
				continue
			}
			matches, stands := w.standsAt(in, innerSet, parked, innerName)
			if !stands {
				continue
			}
			atLine := from == f.Line || w.ownLine(syntax, in) == f.Line
			switch {
			case matches && atLine:
				exact = append(exact, p)
			case matches:
				near = append(near, p)
			case atLine:
				line = append(line, p)
			}
		}
	}
	if len(exact) == 0 {
		exact = w.deferPoints(fn, f, innerSet)
	}
	for _, found := range [][]point{exact, near, line, any} {
		if len(found) > 0 {
			return found
		}
	}
	return []point{{entry: true, lost: true}}
}

// standsAt: matches says that the instruction fits what is known of the frame inside; stands, that a frame can be
// stopped in it at all.
func (w *World) standsAt(in ssa.Instruction, inner map[*ssa.Function]bool, parked bool, innerName string) (matches, stands bool) {
	switch in := in.(type) {
	case *ssa.Send, *ssa.Select:
		return parked, true
	case *ssa.UnOp:
		return parked && in.Op.String() == "<-", in.Op.String() == "<-"
	case *ssa.Call:
		if w.mayRun(in, inner) {
			return true, true
		}
		name := calledName(&in.Call)
		if name != "" && (name == innerName || withoutTypeArgs(name) == withoutTypeArgs(innerName)) {
			return true, true
		}
		if len(inner) > 0 {
			return false, true
		}
		// Wrappers and functions without source: any call of the line may lead there, one with that name first.
		if name != "" && bareName(name) == bareName(innerName) {
			return true, true
		}
		// A call of print stands for one of C.
		builtin, ok := in.Call.Value.(*ssa.Builtin)
		return false, !ok || builtin.Name() == "print"
	}
	return false, false
}

// deferPoints: a frame whose inner one was deferred stands at the end of its function, whatever line it shows.
func (w *World) deferPoints(fn *ssa.Function, f Frame, inner map[*ssa.Function]bool) []point {
	var deferred []*ssa.Defer
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if d, ok := in.(*ssa.Defer); ok && w.mayRun(d, inner) {
				deferred = append(deferred, d)
			}
		}
	}
	if len(deferred) == 0 {
		return nil
	}
	var running *ssa.Defer
	if len(deferred) == 1 {
		running = deferred[0]
	}
	var all, own []point
	for _, b := range fn.Blocks {
		for i, in := range b.Instrs {
			if _, ok := in.(*ssa.RunDefers); ok {
				p := point{block: b, index: i, deferred: running}
				all = append(all, p)
				if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && w.line(ret.Pos()) == f.Line {
					own = append(own, p)
				}
			}
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

func (w *World) mayRun(site ssa.CallInstruction, wanted map[*ssa.Function]bool) bool {
	for _, callee := range w.callees[site] {
		if wanted[callee] {
			return true
		}
	}
	return false
}

// extent is the lines that the debugger may give for an instruction.
func (w *World) extent(syntax *syntaxIndex, in ssa.Instruction) (int, int) {
	pos := in.Pos()
	if call, ok := in.(ssa.CallInstruction); ok && call.Common().Pos().IsValid() {
		pos = call.Common().Pos()
		if c := syntax.calls[pos]; c != nil {
			return w.line(c.Pos()), w.line(c.End())
		}
	}
	if sel, ok := in.(*ssa.Select); ok {
		for _, s := range sel.States {
			if t, ok := syntax.at[s.Pos]; ok && t.sel != nil {
				return w.line(t.sel.Pos()), w.line(t.sel.Pos())
			}
		}
	}
	if t, ok := syntax.at[pos]; ok {
		if loop, ok := t.statement.(*ast.RangeStmt); ok {
			return w.line(loop.Pos()), w.line(loop.X.End())
		}
		return w.line(t.statement.Pos()), w.line(t.statement.End())
	}
	n := w.line(pos)
	return n, n
}

func (w *World) ownLine(syntax *syntaxIndex, in ssa.Instruction) int {
	if call, ok := in.(ssa.CallInstruction); ok {
		if c := syntax.calls[call.Common().Pos()]; c != nil {
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				return w.line(sel.Sel.Pos())
			}
		}
	}
	return w.line(in.Pos())
}
