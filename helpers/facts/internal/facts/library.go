package facts

import (
	"go/ast"
	"go/types"
	"regexp"
	"sort"

	"go-deadlock-lab/facts/internal/compat"
	"golang.org/x/tools/go/ssa"
)

// findLibraryCalls finds the functions that code may call which was not read: function values that are handed to it,
// and methods of types that are converted to its interfaces, as the executable's itabs have them.
func (w *World) findLibraryCalls() {
	w.findEscaped()
	w.findExported()
	w.findReflectedMethods()
}

func (w *World) markLibrary(fn *ssa.Function, why string) {
	if fn == nil || w.library[fn] != "" {
		return
	}
	w.library[fn] = why
}

// exportedToC is how the linker calls what cgo makes of a function that is exported to C: `_cgoexp_0123abcd_name`, with
// a package in front where the linker kept it.
var exportedToC = regexp.MustCompile(`^(?:.*\.)?_cgoexp_[0-9a-f]+_(\w+)$`)

// findExported finds the functions that C may call.
func (w *World) findExported() {
	names := map[string]bool{}
	for name := range w.Program.Functions {
		if m := exportedToC.FindStringSubmatch(name); m != nil {
			names[m[1]] = true
		}
	}
	if len(names) == 0 {
		return
	}
	for _, fn := range w.funcs {
		if fn.Parent() == nil && fn.Signature.Recv() == nil && names[fn.Name()] && !w.isStd(fn) {
			w.markLibrary(fn, "C")
		}
	}
}

// A sink is what code that was not read gets.
type sink struct {
	n   node
	why string
}

// An escape follows back where what code gets that was not read comes from.
type escape struct {
	w    *World
	why  map[node]string
	work []sink
	// printed: that code calls methods which it looks for by name, and no function that lies in what it is given.
	printed   bool
	returned  map[*ssa.Function]bool
	converted map[string]bool
}

func (e *escape) push(n node, reason string) {
	if n == nil || e.why[n] != "" {
		return
	}
	if v, ok := n.(ssa.Value); ok && !carriesFunction(v.Type()) {
		return
	}
	e.why[n] = reason
	e.work = append(e.work, sink{n, reason})
}

// findEscaped begins with what may be called; of what else is only printed, methods are.
func (w *World) findEscaped() {
	e := &escape{w: w, why: map[node]string{}, returned: map[*ssa.Function]bool{}, converted: map[string]bool{}}
	printed := e.begin()
	e.follow()
	e.printed = true
	for _, s := range printed {
		e.push(s.n, s.why)
	}
	e.follow()
}

// begin finds all that is handed to code that was not read; what is merely printed is returned.
func (e *escape) begin() (printed []sink) {
	w := e.w
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
				reason := w.opaqueCallee(call)
				if reason == "" || looksAt[name] {
					continue
				}
				for _, arg := range c.Args {
					if printing.MatchString(name) || wraps(name) {
						printed = append(printed, sink{arg, reason})
					} else {
						e.push(arg, reason)
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
			e.push(locKey(key), "package "+pkg)
		}
	}
	return printed
}

func (e *escape) follow() {
	w := e.w
	for len(e.work) > 0 {
		at := e.work[0]
		e.work = e.work[1:]
		var fn *ssa.Function
		switch v := at.n.(type) {
		case *ssa.Function:
			fn = v
		case *ssa.MakeClosure:
			fn = v.Fn.(*ssa.Function)
		case *ssa.MakeInterface:
			if key := w.keys.of(v.X.Type()) + ">" + w.keys.of(v.Type()); !e.converted[key] {
				e.converted[key] = true
				for _, n := range w.markConverted(v.X.Type(), v.Type(), at.why) {
					e.push(n, at.why)
				}
			}
		}
		if fn != nil && !e.printed {
			w.markLibrary(fn, at.why)
			e.pushResults(fn, at.why)
		}
		for _, n := range append(w.predecessors(at.n), w.contentsOf(at.n)...) {
			if _, ok := n.(libraryNode); !ok {
				e.push(n, at.why)
			}
		}
	}
}

// pushResults: who calls a function has what it returns.
func (e *escape) pushResults(fn *ssa.Function, why string) {
	if e.returned[fn] || isOpaque(fn) {
		return
	}
	e.returned[fn] = true
	for _, b := range fn.Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
			for _, r := range ret.Results {
				e.push(r, why)
			}
		}
	}
}

// printing are functions that make text of what they are given: they call methods that they find by name, no function
// values, and keep nothing.
var printing = regexp.MustCompile(`^(?:fmt\.(?:[SF]?[Pp]rint|Append)(?:f|ln)?` +
	`|log\.(?:\(\*Logger\)\.)?(?:Print|Fatal|Panic)(?:f|ln)?` +
	`|log/slog\.(?:\(\*Logger\)\.)?(?:Debug|Info|Warn|Error)(?:Context)?` +
	`|encoding/(?:json|xml)\.(?:Marshal|MarshalIndent|\(\*Encoder\)\.Encode))$`)

// wraps tells whether a function makes an error of others, which it keeps; it calls no more of them than what prints.
func wraps(name string) bool { return name == "fmt.Errorf" || name == "errors.Join" }

// looksAt are functions that call nothing of what they look at.
var looksAt = map[string]bool{"reflect.TypeOf": true, "reflect.DeepEqual": true, "internal/abi.TypeOf": true}

// contentsOf is what lies in a map or slice: what was put in where it was made, or anything in one of its type.
func (w *World) contentsOf(n node) []node {
	v, ok := n.(ssa.Value)
	if !ok {
		return nil
	}
	var out []node
	switch made := v.(type) {
	case *ssa.Slice:
		if array, ok := made.X.(*ssa.Alloc); ok {
			for _, ref := range *array.Referrers() {
				if at, ok := ref.(*ssa.IndexAddr); ok {
					for _, use := range *at.Referrers() {
						if store, ok := use.(*ssa.Store); ok && store.Addr == at {
							out = append(out, store.Val)
						}
					}
				}
			}
			return out
		}
	case *ssa.MakeMap:
		for _, ref := range *made.Referrers() {
			if update, ok := ref.(*ssa.MapUpdate); ok && update.Map == made {
				out = append(out, update.Value)
			}
		}
		return out
	case *ssa.ChangeType, *ssa.MakeInterface, *ssa.Const:
		return nil
	}
	switch v.Type().Underlying().(type) {
	case *types.Slice, *types.Map, *types.Array:
		return []node{w.elementsOf(v.Type())}
	case *types.Chan:
		return []node{locKey("C" + w.keys.of(chanElem(v.Type())))}
	}
	return nil
}

func carriesFunction(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	case *types.Pointer:
		return carriesFunction(u.Elem())
	case *types.Slice:
		return carriesFunction(u.Elem())
	case *types.Array:
		return carriesFunction(u.Elem())
	case *types.Map:
		return carriesFunction(u.Elem())
	case *types.Chan:
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
		if isOpaque(fn) && !isSyncCall(linkerName(fn)) && !w.isLeftOut(fn) {
			return linkerName(fn)
		}
	}
	return ""
}

// isLeftOut tells whether the linker left a function out of the executable: nothing calls it. Of Go's library some are
// there by other names.
func (w *World) isLeftOut(fn *ssa.Function) bool {
	return fn.Pkg != nil && !w.isStd(fn) && !w.isLinked(fn)
}

// opaqueOwner is the package of a struct type or variable whose code was not read; "" for all others.
func (w *World) opaqueOwner(key locKey) string {
	s := string(key)
	if s == "" || (s[0] != 'F' && s[0] != 'G') {
		return ""
	}
	path := packageIn(s[1:])
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
