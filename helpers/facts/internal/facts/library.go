package facts

import (
	"go/types"
	"sort"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
	"golang.org/x/tools/go/ssa"
)

// findLibraryCalls finds the functions that code may call which was not read: function values that are handed to it,
// and methods of types that are converted to its interfaces, as the executable's itabs have them.
func (w *World) findLibraryCalls() {
	w.findEscapedFunctions()
	w.findEscapedMethods()
}

func (w *World) markLibrary(fn *ssa.Function, why string) {
	if fn == nil || w.library[fn] != "" {
		return
	}
	w.library[fn] = why
}

func (w *World) findEscapedFunctions() {
	type sink struct {
		n   node
		why string
	}
	why := map[node]string{}
	var work []sink
	push := func(n node, reason string) {
		if n == nil || why[n] != "" {
			return
		}
		if v, ok := n.(ssa.Value); ok && !carriesFunction(v.Type()) {
			return
		}
		why[n] = reason
		work = append(work, sink{n, reason})
	}
	returned := map[*ssa.Function]bool{}
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				call, ok := in.(ssa.CallInstruction)
				if !ok {
					continue
				}
				c := call.Common()
				if _, builtin := c.Value.(*ssa.Builtin); builtin {
					continue
				}
				name := calledName(c)
				if harmless[name] || contextMakers[name] || isAtomicStore(name) {
					continue
				}
				if reason := w.opaqueCallee(call); reason != "" {
					for _, arg := range c.Args {
						push(arg, reason)
					}
				}
			}
		}
	}
	keys := make([]string, 0, len(w.stores))
	for key := range w.stores {
		keys = append(keys, string(key))
	}
	sort.Strings(keys)
	for _, key := range keys {
		if pkg := w.opaqueOwner(locKey(key)); pkg != "" {
			push(locKey(key), "package "+pkg)
		}
	}
	for len(work) > 0 {
		at := work[0]
		work = work[1:]
		var fn *ssa.Function
		switch v := at.n.(type) {
		case *ssa.Function:
			fn = v
		case *ssa.MakeClosure:
			fn = v.Fn.(*ssa.Function)
		}
		if fn != nil {
			w.markLibrary(fn, at.why)
			if !returned[fn] && !isOpaque(fn) {
				returned[fn] = true
				for _, b := range fn.Blocks {
					if len(b.Instrs) == 0 {
						continue
					}
					if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
						for _, r := range ret.Results {
							push(r, at.why)
						}
					}
				}
			}
		}
		for _, n := range w.predecessors(at.n) {
			if _, ok := n.(libraryNode); !ok {
				push(n, at.why)
			}
		}
	}
}

func carriesFunction(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	case *types.Pointer:
		return carriesFunction(u.Elem())
	case *types.Slice:
		return carriesFunction(u.Elem())
	case *types.Tuple:
		for i := 0; i < u.Len(); i++ {
			if carriesFunction(u.At(i).Type()) {
				return true
			}
		}
	}
	return false
}

// opaqueCallee names code that a call may run and that was not read.
func (w *World) opaqueCallee(call ssa.CallInstruction) string {
	c := call.Common()
	callees := w.callees[call]
	if len(callees) == 0 {
		if c.IsInvoke() {
			if pkg := c.Method.Pkg(); pkg != nil && w.isStdPackage(pkg) {
				return pkg.Path() + "." + c.Method.Name()
			}
			return ""
		}
		return ""
	}
	for _, fn := range callees {
		if isOpaque(fn) && !isSyncCall(linkerName(fn)) {
			return linkerName(fn)
		}
	}
	return ""
}

// opaqueOwner is the package of a struct type or variable whose code was not read; "" for all others.
func (w *World) opaqueOwner(key locKey) string {
	s := string(key)
	if s == "" || (s[0] != 'F' && s[0] != 'G') {
		return ""
	}
	s = s[1:]
	slash := strings.LastIndex(s, "/")
	dot := strings.Index(s[slash+1:], ".")
	if dot < 0 {
		return ""
	}
	path := s[:slash+1+dot]
	if p := w.Program.ByPath[path]; p != nil && p.Std && !p.Bodies {
		return path
	}
	return ""
}

// calledAnyway are the methods that packages such as fmt, encoding and errors look for in any value.
var calledAnyway = map[string]bool{
	"Error": true, "String": true, "GoString": true, "Format": true, "Unwrap": true, "Is": true, "As": true,
	"Timeout": true, "Temporary": true, "MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true,
	"UnmarshalText": true, "MarshalBinary": true, "UnmarshalBinary": true, "LogValue": true, "Scan": true, "Value": true,
	"MarshalXML": true, "UnmarshalXML": true, "GobEncode": true, "GobDecode": true, "AppendText": true, "AppendBinary": true,
}

// findEscapedMethods: the library can call a method of a type only through an interface that the type was converted
// to, for which the linker keeps an itab; and of any value those that it asks for by assertion.
func (w *World) findEscapedMethods() {
	converted := map[string]*conversion{}
	note := func(concrete, iface types.Type) {
		key := w.keys.of(iface)
		c := converted[key]
		if c == nil {
			c = &conversion{iface: iface, types: map[string]types.Type{}}
			converted[key] = c
		}
		c.types[w.keys.of(concrete)] = concrete
	}
	type edge struct{ from, to types.Type }
	edges := map[string]edge{}
	for _, fn := range w.funcs {
		for _, b := range fn.Blocks {
			for _, in := range b.Instrs {
				switch in := in.(type) {
				case *ssa.MakeInterface:
					note(in.X.Type(), in.Type())
				case *ssa.ChangeInterface:
					edges[w.keys.of(in.X.Type())+">"+w.keys.of(in.Type())] = edge{in.X.Type(), in.Type()}
				case *ssa.TypeAssert:
					if types.IsInterface(in.AssertedType) && !isEmptyInterface(in.X.Type()) {
						edges[w.keys.of(in.X.Type())+">"+w.keys.of(in.AssertedType)] = edge{in.X.Type(), in.AssertedType}
					}
				}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			from := converted[w.keys.of(e.from)]
			if from == nil {
				continue
			}
			target, ok := e.to.Underlying().(*types.Interface)
			if !ok {
				continue
			}
			for key, t := range from.types {
				to := converted[w.keys.of(e.to)]
				if to != nil && to.types[key] != nil {
					continue
				}
				if types.Implements(t, target) {
					note(t, e.to)
					changed = true
				}
			}
		}
	}
	keys := make([]string, 0, len(converted))
	for key := range converted {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		w.markConverted(converted[key])
	}
}

type conversion struct {
	iface types.Type
	types map[string]types.Type
}

func isEmptyInterface(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0
}

func (w *World) markConverted(c *conversion) {
	iface, ok := c.iface.Underlying().(*types.Interface)
	if !ok {
		return
	}
	wanted := map[string]bool{}
	name := w.keys.of(c.iface)
	switch named, isNamed := compat.Unalias(c.iface).(*types.Named); {
	case iface.NumMethods() == 0 || name == "error":
		wanted = calledAnyway
	case isNamed && named.Obj().Pkg() != nil && w.isOpaquePackage(named.Obj().Pkg()):
		for i := 0; i < iface.NumMethods(); i++ {
			wanted[iface.Method(i).Name()] = true
		}
	default:
		return
	}
	typeKeys := make([]string, 0, len(c.types))
	for key := range c.types {
		typeKeys = append(typeKeys, key)
	}
	sort.Strings(typeKeys)
	for _, key := range typeKeys {
		set := w.ssa.MethodSets.MethodSet(c.types[key])
		for i := 0; i < set.Len(); i++ {
			sel := set.At(i)
			if !wanted[sel.Obj().Name()] {
				continue
			}
			fn := w.ssa.MethodValue(sel)
			if fn == nil {
				continue
			}
			w.markLibrary(fn, name)
			// The method set of a pointer has wrappers of promoted methods and of those with value receivers.
			if origin, ok := sel.Obj().(*types.Func); ok {
				w.markLibrary(w.ssa.FuncValue(origin), name)
			}
		}
	}
}

func (w *World) isOpaquePackage(pkg *types.Package) bool {
	p := w.Program.ByPath[pkg.Path()]
	return p != nil && p.Std && !p.Bodies
}
