package facts

import (
	"go/types"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
	"go-deadlock-lab/facts/internal/load"

	"golang.org/x/tools/go/ssa"
)

// linkerName is how the linker calls a declared function: `net/http.(*conn).serve`, `main.f`, `main.g[...]`.
func linkerName(fn *ssa.Function) string {
	if origin := fn.Origin(); origin != nil && origin != fn {
		return linkerName(origin) + ""
	}
	pkg := ""
	if fn.Pkg != nil {
		pkg = fn.Pkg.Pkg.Path()
	} else if o := fn.Object(); o != nil && o.Pkg() != nil {
		pkg = o.Pkg().Path()
	}
	pkg = linkerPath(pkg)
	args := ""
	if fn.TypeParams().Len() > 0 {
		args = "[...]"
	}
	recv := fn.Signature.Recv()
	if recv == nil {
		return pkg + "." + fn.Name() + args
	}
	star := ""
	t := compat.Unalias(recv.Type())
	if ptr, ok := t.(*types.Pointer); ok {
		star, t = "*", compat.Unalias(ptr.Elem())
	}
	name := ""
	if named, ok := t.(*types.Named); ok {
		name = named.Obj().Name()
		if named.TypeParams().Len() > 0 {
			name += "[...]"
		}
	}
	if star != "" {
		return pkg + ".(*" + name + ")." + fn.Name()
	}
	return pkg + "." + name + "." + fn.Name()
}

// linkerPath escapes a package path as cmd/internal/objabi does: dots of the last element.
func linkerPath(path string) string {
	slash := strings.LastIndex(path, "/")
	last := path[slash+1:]
	var out strings.Builder
	out.WriteString(path[:slash+1])
	for i := 0; i < len(last); i++ {
		c := last[i]
		if c == '.' || c <= ' ' || c == '%' || c == '"' || c >= 0x7f {
			out.WriteString("%")
			out.WriteString(strings.ToLower(string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15])))
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// isLinked tells whether the executable has code of a function, inlined code included. Literals and what the compiler
// makes go with the function around them.
func (w *World) isLinked(fn *ssa.Function) bool {
	if len(w.Program.Functions) == 0 {
		return true
	}
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if fn.Synthetic != "" && fn.Origin() == nil {
		return true
	}
	if fn.Name() == "init" || strings.HasPrefix(fn.Name(), "init#") {
		return true
	}
	// A method with a value receiver may be there as its pointer wrapper alone.
	name := linkerName(fn)
	return w.Program.Linked(name) || w.Program.Linked(load.Wrapped(name))
}

// isOpaque tells whether nothing of a function's body was read.
func isOpaque(fn *ssa.Function) bool { return len(fn.Blocks) == 0 }

// isStd tells whether a function belongs to Go's own library.
func (w *World) isStd(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	var pkg *types.Package
	if fn.Pkg != nil {
		pkg = fn.Pkg.Pkg
	} else if fn.Object() != nil {
		pkg = fn.Object().Pkg()
	}
	return pkg != nil && w.isStdPackage(pkg)
}

func (w *World) isStdPackage(pkg *types.Package) bool {
	p := w.Program.ByPath[pkg.Path()]
	return p != nil && p.Std
}
