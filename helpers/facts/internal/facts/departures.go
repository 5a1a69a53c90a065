package facts

import (
	"go/ast"
	"go/token"
	"go/types"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// A Departure is how a function may leave a receive behind, so that later senders find nobody.
type Departure struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	How      string `json:"how"` // timeout, context, other case, return, once, end
	At       int    `json:"at"`
	Made     bool   `json:"made"`
	OnStack  bool   `json:"onStack"`
}

func (w *World) departureOf(op *Op) (Departure, bool) {
	root := w.syntaxOf(op.Fn).root
	if op.Kind != "receive" || root == nil || op.text.operand == nil {
		return Departure{}, false
	}
	at := w.place(op.Pos)
	d := Departure{Function: shortName(op.Fn), File: at.File, Line: at.Line}
	if how, pos := w.otherCase(op); how != "" {
		d.How, d.At = how, w.line(pos)
		return d, true
	}
	scope := root
	loop := op.text.loop
	if r, ok := op.text.statement.(*ast.RangeStmt); ok {
		loop = r
	}
	if loop != nil {
		scope = loop
	}
	exit := w.exitFrom(scope, op, loop)
	switch {
	case exit != nil:
		d.How, d.At = "return", w.line(exit.Pos())
	case loop == nil:
		d.How, d.At = "once", at.Line
	default:
		d.How, d.At = "end", at.Line
	}
	return d, true
}

// otherCase is what else the select may do; a clock before a context before anything else.
func (w *World) otherCase(op *Op) (string, token.Pos) {
	if op.text.sel == nil {
		return "", token.NoPos
	}
	best, at := "", token.NoPos
	rank := map[string]int{"timeout": 0, "context": 1, "other case": 2, "": 3}
	for _, s := range op.text.sel.Body.List {
		clause := s.(*ast.CommClause)
		if clause == op.text.clause {
			continue
		}
		kind := "other case"
		if sel, ok := op.Instr.(*ssa.Select); ok && clause.Comm != nil {
			for _, state := range sel.States {
				if clause.Comm.Pos() <= state.Pos && state.Pos <= clause.Comm.End() {
					kind = caseKind(state)
				}
			}
		}
		if rank[kind] < rank[best] {
			best, at = kind, clause.Pos()
		}
	}
	return best, at
}

func caseKind(s *ssa.SelectState) string {
	if s.Dir == types.RecvOnly {
		if doneOf(s.Chan) != nil {
			return "context"
		}
		if typeIs(chanElem(s.Chan.Type()), "time", "Time") {
			return "timeout"
		}
	}
	return "other case"
}

func typeIs(t types.Type, pkg, name string) bool {
	named, ok := compat.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == pkg && named.Obj().Name() == name
}

// exitFrom is a statement of this very function that leaves it, or the loop, without the receive.
func (w *World) exitFrom(scope ast.Node, op *Op, loop ast.Node) ast.Node {
	var returns, others []ast.Node
	depth := 0
	var walk func(n ast.Node, breakable bool)
	walk = func(n ast.Node, breakable bool) {
		ast.Inspect(n, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.FuncLit:
				return m == scope
			case *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt:
				if m != n && m != scope && m != loop {
					walk(m, false)
					return false
				}
			case *ast.ReturnStmt:
				if loop != nil && !(m.Pos() <= op.Pos && op.Pos <= m.End()) || loop == nil && m.End() < op.Pos {
					returns = append(returns, m)
				}
			case *ast.BranchStmt:
				if loop != nil && (m.Tok == token.GOTO || m.Tok == token.BREAK && (breakable || m.Label != nil)) {
					others = append(others, m)
				}
			}
			return true
		})
	}
	_ = depth
	walk(scope, true)
	if len(returns) > 0 {
		return returns[0]
	}
	if len(others) > 0 {
		return others[0]
	}
	return nil
}
