package facts

import (
	"go/ast"
	"go/types"

	"go-deadlock-lab/facts/internal/compat"

	"golang.org/x/tools/go/ssa"
)

// markConverted: of a value that goes to the library as one of its interfaces, the library can call that interface's
// methods, and others that it asks for by assertion; of any value, and of what lies in it, those that packages such as
// fmt look for. Interfaces that lie in it are returned: whatever is in them may be asked as well.
func (w *World) markConverted(t, as types.Type, why string) []node {
	iface, ok := as.Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	if iface.NumMethods() == 0 || w.keys.of(as) == "error" {
		return w.markWithin(t, why, nil)
	}
	w.markAllOf(t, why)
	return nil
}

func (w *World) markWithin(t types.Type, why string, found []node) []node {
	key := w.keys.of(t)
	if w.shown[key] {
		return found
	}
	w.shown[key] = true
	w.markMethods(t, why, func(name string) bool { return calledAnyway[name] })
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return w.markWithin(u.Elem(), why, found)
	case *types.Slice:
		return w.markElements(u, u.Elem(), why, found)
	case *types.Array:
		return w.markElements(u, u.Elem(), why, found)
	case *types.Map:
		return w.markElements(u, u.Elem(), why, w.markWithin(u.Key(), why, found))
	case *types.Struct:
		for i := 0; i < u.NumFields(); i++ {
			if types.IsInterface(u.Field(i).Type()) {
				s := w.fieldStep(t, i)
				found = append(found, locKey("F"+s.owner+"#"+itoa(i)))
				continue
			}
			found = w.markWithin(u.Field(i).Type(), why, found)
		}
	}
	return found
}

func (w *World) markElements(container, elem types.Type, why string, found []node) []node {
	if types.IsInterface(elem) {
		return append(found, w.elementsOf(container))
	}
	return w.markWithin(elem, why, found)
}

// markAllOf: what the library has as one of its interfaces, it may ask for another one by assertion.
func (w *World) markAllOf(t types.Type, why string) {
	set := w.ssa.MethodSets.MethodSet(t)
	names := map[string]bool{}
	for i := 0; i < set.Len(); i++ {
		names[set.At(i).Obj().Name()] = true
	}
	wanted := map[string]bool{}
	for _, iface := range w.libraryInterfaces() {
		if names[iface.Method(0).Name()] && types.Implements(t, iface) {
			for i := 0; i < iface.NumMethods(); i++ {
				wanted[iface.Method(i).Name()] = true
			}
		}
	}
	w.markMethods(t, why, func(name string) bool { return wanted[name] })
}

// libraryInterfaces are the interfaces of Go's library that code may ask for which was not read.
func (w *World) libraryInterfaces() []*types.Interface {
	if w.interfaces != nil {
		return w.interfaces
	}
	w.interfaces = []*types.Interface{}
	for _, p := range w.Program.Packages {
		if !p.Std || p.Types == nil {
			continue
		}
		scope := p.Types.Scope()
		for _, name := range scope.Names() {
			obj, ok := scope.Lookup(name).(*types.TypeName)
			// What a package asks for that was read is seen there; others can ask for what it exports.
			if !ok || p.Bodies && !obj.Exported() {
				continue
			}
			if named, ok := compat.Unalias(obj.Type()).(*types.Named); ok && named.TypeParams().Len() == 0 {
				if iface, ok := named.Underlying().(*types.Interface); ok && iface.NumMethods() > 0 && iface.IsMethodSet() {
					w.interfaces = append(w.interfaces, iface)
				}
			}
		}
	}
	return w.interfaces
}

func (w *World) markMethods(t types.Type, why string, wanted func(name string) bool) {
	set := w.ssa.MethodSets.MethodSet(t)
	for i := 0; i < set.Len(); i++ {
		sel := set.At(i)
		if !wanted(sel.Obj().Name()) {
			continue
		}
		w.markLibrary(w.ssa.MethodValue(sel), why)
		// The method set of a pointer has wrappers of promoted methods and of those with value receivers.
		if origin, ok := sel.Obj().(*types.Func); ok {
			w.markLibrary(w.ssa.FuncValue(origin), why)
		}
	}
}

// reflecting are packages that find methods by their names.
var reflecting = map[string]bool{
	"reflect": true, "net/rpc": true, "net/rpc/jsonrpc": true, "text/template": true, "html/template": true, "testing/quick": true,
}

// findReflectedMethods: a value that is handed to what finds methods by name may have any exported one called.
func (w *World) findReflectedMethods() {
	if !w.Program.Linked("reflect.Value.Method") && !w.Program.Linked("reflect.Value.MethodByName") && len(w.Program.Functions) > 0 {
		return
	}
	var starts []node
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				call, ok := in.(ssa.CallInstruction)
				if !ok {
					continue
				}
				c := call.Common()
				callee := c.StaticCallee()
				if callee == nil || !isOpaque(callee) || callee.Pkg == nil || !reflecting[callee.Pkg.Pkg.Path()] || looksAt[calledName(c)] {
					continue
				}
				for _, arg := range c.Args {
					if types.IsInterface(arg.Type()) {
						starts = append(starts, arg)
					}
				}
			}
		}
	}
	for _, n := range w.search(starts, types.NewInterfaceType(nil, nil), true).Order {
		if made, ok := n.(*ssa.MakeInterface); ok {
			w.markMethods(made.X.Type(), "reflection", ast.IsExported)
		}
	}
}
