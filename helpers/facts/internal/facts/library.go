package facts

import (
	"go/types"
	"regexp"

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
