package facts

import (
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
