package facts

import (
	"go/ast"
	"go/parser"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A Word tells where the arguments that a traceback prints of a frame lead to an object: the place among the words,
// without their braces, and the way from there.
type Word struct {
	Index int    `json:"index"`
	Steps Access `json:"steps"`
	// Own names the field that has the channel, where every struct has one of its own there: another struct's is
	// another channel.
	Own string `json:"own,omitempty"`
}

// WordOf finds the object of an expression, as Spot.Expr has it, by the arguments of the frame; nil where they do not
// lead to it. Of a channel the way leads to the channel, of an object of package sync to its address.
func (w *World) WordOf(s *Stacks, stack, frame int, expr string) *Word {
	if stack >= len(s.at) || frame >= len(s.at[stack]) {
		return nil
	}
	e, err := parser.ParseExpr(expr)
	if err != nil {
		return nil
	}
	var found *Word
	for _, a := range s.at[stack][frame] {
		word := w.wordIn(a.fn, e)
		if word == nil || (found != nil && !sameWord(found, word)) {
			return nil
		}
		found = word
	}
	return found
}

func sameWord(a, b *Word) bool {
	if a.Index != b.Index || len(a.Steps) != len(b.Steps) {
		return false
	}
	for i, step := range a.Steps {
		if step != b.Steps[i] {
			return false
		}
	}
	return true
}

func (w *World) wordIn(fn *ssa.Function, e ast.Expr) *Word {
	v, ok := w.wordValue(fn, e)
	if !ok {
		return nil
	}
	if v.isAddress {
		// An object of package sync lies there itself, or in the struct around it.
		steps, ok := w.syncObjectIn(v.typ, v.steps)
		if !ok {
			return nil
		}
		return &Word{Index: v.index, Steps: steps}
	}
	switch t := v.typ.Underlying().(type) {
	case *types.Chan:
		word := &Word{Index: v.index, Steps: v.steps}
		if loads(v.steps) == 1 && w.hasOwnChannels(v.field) {
			word.Own = string(v.field)
		}
		return word
	case *types.Pointer:
		if steps, ok := w.syncObjectIn(t.Elem(), v.steps); ok {
			return &Word{Index: v.index, Steps: steps}
		}
	}
	return nil
}

func loads(steps Access) int {
	n := 0
	for _, step := range steps {
		if step == loadStep {
			n++
		}
	}
	return n
}

// hasOwnChannels tells whether each struct has a channel of its own in a field: made where it is set, kept nowhere else
// by that statement, and the struct is never copied.
func (w *World) hasOwnChannels(field locKey) bool {
	stores := w.stores[field]
	if len(stores) == 0 || len(w.addrs[field]) > 0 || w.copied[field] || len(w.aliases[field]) > 0 {
		return false
	}
	for _, value := range stores {
		made, ok := value.(*ssa.MakeChan)
		if !ok || made.Referrers() == nil {
			return false
		}
		kept := 0
		for _, use := range *made.Referrers() {
			if store, ok := use.(*ssa.Store); ok && store.Val == made {
				kept++
				// A loop between the two would give one channel to several.
				if store.Block() != made.Block() {
					return false
				}
			}
		}
		if kept != 1 {
			return false
		}
	}
	return true
}

// A wordValue is what an expression comes to: the value of a word after some steps or, of what lies in memory as a whole,
// the address of it.
type wordValue struct {
	index     int
	steps     Access
	typ       types.Type
	isAddress bool
	field     locKey // that it was read from
}

func (w *World) wordValue(fn *ssa.Function, e ast.Expr) (wordValue, bool) {
	none := wordValue{}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return w.wordValue(fn, e.X)
	case *ast.Ident:
		index := 0
		for _, p := range fn.Params { // the receiver is the first
			if p.Name() == e.Name {
				if !isOneWord(p.Type()) {
					return none, false
				}
				return wordValue{index: index, typ: p.Type(), steps: Access{}}, true
			}
			index += printedWords(p.Type(), 0)
		}
	case *ast.UnaryExpr:
		if e.Op.String() == "&" {
			v, ok := w.wordValue(fn, e.X)
			if !ok || !v.isAddress {
				return none, false
			}
			return wordValue{index: v.index, steps: v.steps, typ: types.NewPointer(v.typ)}, true
		}
	case *ast.StarExpr:
		v, ok := w.wordValue(fn, e.X)
		if !ok {
			return none, false
		}
		return w.wordPointedAt(v)
	case *ast.SelectorExpr:
		v, ok := w.wordValue(fn, e.X)
		if !ok {
			return none, false
		}
		object, path, _ := types.LookupFieldOrMethod(v.typ, true, packageFor(fn), e.Sel.Name)
		if field, ok := object.(*types.Var); !ok || !field.IsField() {
			return none, false
		}
		for _, index := range path {
			if v, ok = w.wordField(v, index); !ok {
				return none, false
			}
		}
		return v, true
	}
	return none, false
}

// packageFor is the package whose names a function sees; of an instance or a wrapper, that of what it was made of.
func packageFor(fn *ssa.Function) *types.Package {
	for fn.Pkg == nil && fn.Origin() != nil && fn.Origin() != fn {
		fn = fn.Origin()
	}
	if fn.Pkg != nil {
		return fn.Pkg.Pkg
	}
	if fn.Object() != nil {
		return fn.Object().Pkg()
	}
	return nil
}

// wordPointedAt is what a pointer leads to: a value is read, a struct stays where it is.
func (w *World) wordPointedAt(v wordValue) (wordValue, bool) {
	v, ok := w.valueOf(v)
	if !ok {
		return v, false
	}
	pointer, ok := v.typ.Underlying().(*types.Pointer)
	if !ok {
		return v, false
	}
	return w.valueOf(wordValue{index: v.index, steps: v.steps, typ: pointer.Elem(), isAddress: true})
}

// valueOf reads what lies in memory and fits into a word.
func (w *World) valueOf(v wordValue) (wordValue, bool) {
	if v.isAddress && isOneWord(v.typ) {
		return wordValue{index: v.index, steps: append(append(Access{}, v.steps...), loadStep), typ: v.typ, field: v.field}, true
	}
	return v, true
}

func (w *World) wordField(v wordValue, index int) (wordValue, bool) {
	if !v.isAddress {
		pointed, ok := w.wordPointedAt(v)
		if !ok || !pointed.isAddress {
			return v, false
		}
		v = pointed
	}
	st, ok := v.typ.Underlying().(*types.Struct)
	if !ok {
		return v, false
	}
	offset, ok := w.offsetOf(v.typ, index)
	if !ok {
		return v, false
	}
	step := w.fieldStep(v.typ, index)
	return w.valueOf(wordValue{
		index: v.index, steps: append(append(Access{}, v.steps...), offset), typ: st.Field(index).Type(), isAddress: true,
		field: locKey("F" + step.owner + "#" + itoa(step.index)),
	})
}

// syncObjectIn adds the way to an object of package sync: the value itself, or one that is embedded in it.
func (w *World) syncObjectIn(t types.Type, steps Access) (Access, bool) {
	if syncType(t) != "" {
		return steps, true
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil, false
	}
	for i := 0; i < st.NumFields(); i++ {
		if field := st.Field(i); field.Embedded() && syncType(field.Type()) != "" {
			offset, ok := w.offsetOf(t, i)
			return append(append(Access{}, steps...), offset), ok
		}
	}
	return nil, false
}

// isOneWord tells whether a value is a pointer, or as good as one.
func isOneWord(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Chan, *types.Map, *types.Signature:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	}
	return false
}
