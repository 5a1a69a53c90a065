package facts

import (
	"go/ast"
	"go/token"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// A written is an operation as it stands in the text.
type written struct {
	operand   ast.Expr
	statement ast.Node // what a stack's line may be of: a select for its cases
	clause    *ast.CommClause
	sel       *ast.SelectStmt
	loop      ast.Node // the innermost loop around it, within its function
}

// A syntaxIndex finds the text of a function's operations by the positions that SSA keeps.
type syntaxIndex struct {
	at    map[token.Pos]written
	calls map[token.Pos]*ast.CallExpr // by left parenthesis
	root  ast.Node
}

func (w *World) syntaxOf(fn *ssa.Function) *syntaxIndex {
	if known, ok := w.syntax[fn]; ok {
		return known
	}
	index := &syntaxIndex{at: map[token.Pos]written{}, calls: map[token.Pos]*ast.CallExpr{}, root: fn.Syntax()}
	w.syntax[fn] = index
	if index.root == nil {
		return index
	}
	var stack []ast.Node
	ast.Inspect(index.root, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if lit, ok := n.(*ast.FuncLit); ok && lit != index.root {
			// Literals are functions of their own.
			return false
		}
		stack = append(stack, n)
		index.note(n, stack)
		return true
	})
	return index
}

func (x *syntaxIndex) note(n ast.Node, stack []ast.Node) {
	at := func(pos token.Pos, operand ast.Expr) {
		x.at[pos] = x.surroundings(operand, n, stack)
	}
	switch n := n.(type) {
	case *ast.SendStmt:
		at(n.Arrow, n.Chan)
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			at(n.OpPos, n.X)
		}
	case *ast.RangeStmt:
		at(n.For, n.X)
	case *ast.CallExpr:
		x.calls[n.Lparen] = n
		var operand ast.Expr
		switch fun := compat.Unparen(n.Fun).(type) {
		case *ast.SelectorExpr:
			operand = fun.X
		case *ast.Ident:
			operand = fun
			if len(n.Args) == 1 && fun.Name == "close" {
				operand = n.Args[0]
			}
		default:
			operand = n.Fun
		}
		at(n.Lparen, operand)
	}
}

func (x *syntaxIndex) surroundings(operand ast.Expr, n ast.Node, stack []ast.Node) written {
	out := written{operand: operand, statement: n}
	inner := n
	for i := len(stack) - 1; i >= 0; i-- {
		switch s := stack[i].(type) {
		case *ast.CommClause:
			if out.clause == nil && s.Comm != nil && s.Comm.Pos() <= n.Pos() && n.End() <= s.Comm.End() {
				out.clause = s
			}
		case *ast.SelectStmt:
			if out.clause != nil && out.sel == nil && contains(s, out.clause) {
				out.sel = s
				out.statement = s
			}
		case *ast.ForStmt:
			if out.loop == nil && s != inner {
				out.loop = s
			}
		case *ast.RangeStmt:
			if out.loop == nil && (s.X == nil || !contains(s.X, n)) {
				out.loop = s
			}
		case ast.Stmt:
			if out.sel == nil && out.statement == n && out.clause == nil {
				if _, ok := n.(ast.Stmt); !ok {
					if _, block := s.(*ast.BlockStmt); !block {
						out.statement = s
					}
				}
			}
		}
	}
	return out
}

func contains(outer, inner ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}
