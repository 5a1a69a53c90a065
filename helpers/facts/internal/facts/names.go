package facts

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
	"golang.org/x/tools/go/ssa"
)

// A Name is how a person may call an object: a field before a package variable, before a local variable, before a
// parameter.
type Name struct {
	Rank int    `json:"rank"`
	Name string `json:"name"`
}

const (
	rankField = iota
	rankGlobal
	rankLocal
	rankParameter
)

// namesOf are the names of the objects of a class, the best first.
func (w *World) namesOf(c *class) []Name {
	var out []Name
	seen := map[string]bool{}
	suffix := ""
	for _, op := range c.waits {
		if timerOf(op.Operand) != nil {
			suffix = ".C"
		}
	}
	add := func(n Name, ok bool) {
		n.Name += suffix
		if ok && !seen[n.Name] {
			seen[n.Name] = true
			out = append(out, n)
		}
	}
	for _, op := range c.waits {
		if timer := timerOf(op.Operand); timer != nil {
			add(w.nameOf(timer))
			continue
		}
		add(w.nameOf(op.Operand))
		w.namesAround(op.Operand, add)
	}
	for _, n := range c.order {
		if v, ok := n.(ssa.Value); ok {
			add(w.nameOf(v))
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Rank < out[j].Rank })
	if len(out) > 8 {
		out = out[:8]
	}
	return out
}

// namesAround: the lock inside of a Once that a function of package sync was given has the name of that Once.
func (w *World) namesAround(v ssa.Value, add func(Name, bool)) {
	inner, ok := v.(*ssa.FieldAddr)
	if !ok || !w.isPartOfSync(inner.X.Type()) {
		return
	}
	if _, ok := inner.X.(*ssa.Parameter); !ok {
		return
	}
	var found []Name
	for _, n := range w.search([]node{inner.X}, inner.X.Type(), true).Order {
		switch around := n.(type) {
		case *ssa.FieldAddr, *ssa.Global, *ssa.Alloc:
			if name, ok := w.nameOf(around.(ssa.Value)); ok {
				found = append(found, name)
			}
		}
	}
	for _, name := range found {
		if name != found[0] {
			// Which of several it is, is not told here.
			return
		}
	}
	if len(found) > 0 {
		add(found[0], true)
	}
}

func (w *World) nameOf(v ssa.Value) (Name, bool) {
	switch x := v.(type) {
	case *ssa.UnOp:
		if x.Op == token.MUL {
			return w.nameOf(x.X)
		}
	case *ssa.FieldAddr:
		if owner := deref(x.X.Type()); x.Field == 0 && (typeIs(owner, "time", "Timer") || typeIs(owner, "time", "Ticker")) {
			return Name{}, false
		}
		if w.isPartOfSync(x.X.Type()) {
			// What lies inside of an object of package sync is known by the object.
			if outer, ok := w.nameOf(x.X); ok {
				inner, _ := w.fieldName(x.X.Type(), x.Field)
				return Name{outer.Rank, outer.Name + inner.Name[strings.LastIndex(inner.Name, "."):]}, true
			}
		}
		return w.nameOfField(x.X, x.Field)
	case *ssa.Field:
		return w.nameOfField(x.X, x.Field)
	case *ssa.Global:
		if x.Pkg != nil {
			return Name{rankGlobal, x.Pkg.Pkg.Name() + "." + x.Name()}, true
		}
	case *ssa.Parameter:
		if x.Name() != "" && x.Name() != "_" {
			return Name{rankParameter, shortDeclared(x.Parent()) + "." + x.Name()}, true
		}
	case *ssa.Alloc:
		if token.IsIdentifier(x.Comment) && x.Comment != "new" && x.Comment != "complit" {
			return Name{rankLocal, shortDeclared(x.Parent()) + "." + x.Comment}, true
		}
	case *ssa.Extract:
		if call, ok := x.Tuple.(*ssa.Call); ok && x.Index == 0 && contextMakers[calledName(&call.Call)] {
			return w.contextName(call), true
		}
	case *ssa.Call:
		if ctx := doneOf(x); ctx != nil {
			return Name{}, false
		}
	}
	if name := w.variableName(v); name != "" {
		if in, ok := v.(ssa.Instruction); ok && in.Parent() != nil {
			return Name{rankLocal, shortDeclared(in.Parent()) + "." + name}, true
		}
	}
	return Name{}, false
}

func (w *World) isPartOfSync(t types.Type) bool { return syncType(deref(t)) != "" }

// nameOfField: a field of a struct without a name of its own is known by the variable or field that has the struct.
func (w *World) nameOfField(owner ssa.Value, field int) (Name, bool) {
	if name, ok := w.fieldName(owner.Type(), field); ok {
		return name, true
	}
	st, ok := deref(owner.Type()).(*types.Struct)
	if !ok {
		return Name{}, false
	}
	outer, ok := w.nameOf(owner)
	if f := st.Field(field); !f.Embedded() {
		outer.Name += "." + f.Name()
	}
	return outer, ok
}

func (w *World) fieldName(t types.Type, field int) (Name, bool) {
	owner := compat.Unalias(deref(t))
	st, ok := owner.Underlying().(*types.Struct)
	named, isNamed := owner.(*types.Named)
	if !ok || !isNamed || named.Obj().Pkg() == nil {
		return Name{}, false
	}
	return Name{rankField, named.Obj().Pkg().Name() + "." + named.Obj().Name() + "." + st.Field(field).Name()}, true
}

// shortDeclared is the declared function around, by the name of its package: `main.(*Post).await`.
func shortDeclared(fn *ssa.Function) string {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	name := withoutTypeArgs(linkerName(fn))
	name = name[strings.LastIndex(name, "/")+1:]
	if fn.Pkg != nil {
		// The last element of an import path need not be the package's name.
		if dot := strings.Index(name, "."); dot >= 0 {
			name = fn.Pkg.Pkg.Name() + name[dot:]
		}
	}
	return name
}

// contextName is the variable or field that a context was assigned to where it was made.
func (w *World) contextName(call *ssa.Call) Name {
	fn := call.Parent()
	local := Name{rankLocal, shortDeclared(fn) + ".ctx"}
	for _, ref := range *call.Referrers() {
		e, ok := ref.(*ssa.Extract)
		if !ok || e.Index != 0 {
			continue
		}
		if name := w.variableName(e); name != "" {
			local.Name = shortDeclared(fn) + "." + name
		}
		for _, use := range *e.Referrers() {
			if store, ok := use.(*ssa.Store); ok && store.Val == e {
				if n, ok := w.nameOf(store.Addr); ok {
					return n
				}
			}
		}
	}
	return local
}

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

// leftBefore is the line of the first return that stands before an operation, outside of loops: on that way it is not done. It is 0 where there is none.
func (w *World) leftBefore(op *Op) int {
	root := w.syntaxOf(op.Fn).root
	if root == nil || !op.Pos.IsValid() || op.text.loop != nil {
		return 0
	}
	if exit := w.exitFrom(root, op, nil); exit != nil {
		return w.line(exit.Pos())
	}
	return 0
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
