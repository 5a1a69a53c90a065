package load

import (
	"go/ast"
	"strconv"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
)

// packageOf is the import path in a linker's name: it ends with the first dot behind the last slash, and in that last
// part dots and what is unusual are written as %2e. Empty for what belongs to no package, and for what does not tell
// its own: Go 1.27 calls the literals of an inlined function that has a go:linkname `_.name.func1`.
func packageOf(name string) string {
	raw := rawPackage(name)
	if !strings.Contains(raw, "%") {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '%' && i+2 < len(raw) {
			if code, err := strconv.ParseUint(raw[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(code))
				i += 2
				continue
			}
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func rawPackage(name string) string {
	// Equality of types, methods of nameless types, and the like.
	for _, made := range []string{"type:", "type..", "go:", "go.(", "go.struct"} {
		if strings.HasPrefix(name, made) {
			return ""
		}
	}
	head := name
	if i := strings.IndexAny(head, "[({"); i >= 0 {
		head = head[:i]
	}
	slash := strings.LastIndexByte(head, '/')
	dot := strings.IndexByte(head[slash+1:], '.')
	if dot <= 0 || head[:slash+1+dot] == "_" {
		return ""
	}
	return head[:slash+1+dot]
}

// escapePath is the other way round: an import path as the linker begins names with it.
func escapePath(path string) string {
	last := strings.LastIndexByte(path, '/') + 1
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c <= ' ' || i >= last && c == '.' || c == '%' || c == '"' || c >= 0x7f {
			b.WriteString("%" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// declared is what a linker's name says of a function with a name of its own: its receiver's type, empty for none,
// and its name. ok is false for literals and wrappers, whose file may be that of another package: a literal in a
// function that was inlined is named after the function that it was inlined into.
func declared(name string) (receiver, function string, ok bool) {
	raw := rawPackage(name)
	if raw == "" {
		return "", "", false
	}
	rest := strings.ReplaceAll(name[len(raw)+1:], "[...]", "")
	if after, found := compat.CutPrefix(rest, "(*"); found {
		receiver, function, ok = strings.Cut(after, ").")
		return receiver, function, ok && isName(function)
	}
	first, second, found := strings.Cut(rest, ".")
	if !found {
		// A plain init is what the compiler makes of variables; those that were written have numbers.
		return "", first, isName(first) && first != "init"
	}
	if first == "init" && isNumber(second) {
		return "", first, true
	}
	return first, second, isName(first) && isName(second) && !isMade(second)
}

// isLiteral tells whether a linker's name is that of a function literal: it ends with func1 or, in another literal,
// with 1. Bodies of loops end with -range1, and init.0 is a function with that name in the sources.
func isLiteral(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return false
	}
	if after, ok := compat.CutPrefix(name[dot+1:], "func"); ok {
		return isNumber(after)
	}
	return isNumber(name[dot+1:]) && !strings.HasSuffix(name[:dot], ".init")
}

func isMade(name string) bool {
	for _, prefix := range []string{"func", "gowrap", "deferwrap"} {
		if after, ok := compat.CutPrefix(name, prefix); ok && isNumber(after) {
			return true
		}
	}
	return false
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func isName(text string) bool {
	return text != "" && (text[0] < '0' || text[0] > '9') && !strings.ContainsAny(text, ".-·()[]<> ")
}

// declaredAs is the linker's name of a declaration.
func declaredAs(path string, decl *ast.FuncDecl) string {
	prefix := escapePath(path) + "."
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return prefix + decl.Name.Name + parameters(decl.Type.TypeParams != nil)
	}
	receiver, pointer, generic := receiverOf(decl)
	if pointer {
		return prefix + "(*" + receiver + parameters(generic) + ")." + decl.Name.Name
	}
	return prefix + receiver + parameters(generic) + "." + decl.Name.Name
}

func parameters(generic bool) string {
	if generic {
		return "[...]"
	}
	return ""
}

// receiverOf is the name of a method's receiver type, whether it is a pointer, and whether it has type parameters.
func receiverOf(decl *ast.FuncDecl) (name string, pointer, generic bool) {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return "", false, false
	}
	for expr := decl.Recv.List[0].Type; ; {
		switch e := expr.(type) {
		case *ast.ParenExpr:
			expr = e.X
		case *ast.StarExpr:
			expr, pointer = e.X, true
		case *ast.IndexExpr:
			expr, generic = e.X, true
		case *ast.IndexListExpr:
			expr, generic = e.X, true
		case *ast.Ident:
			return e.Name, pointer, generic
		default:
			return "", pointer, generic
		}
	}
}

// Wrapped is the linker's name of the wrapper for pointers of a method with a value receiver, which may be all that is
// left of it: pkg.(*T).M of pkg.T.M. Other names stay as they are.
func Wrapped(name string) string {
	raw := rawPackage(name)
	if raw == "" {
		return name
	}
	rest := name[len(raw)+1:]
	dot := strings.LastIndexByte(rest, '.')
	if dot <= 0 || strings.HasPrefix(rest, "(*") || strings.HasSuffix(rest, "[...]") && !strings.Contains(rest, "].") {
		return name
	}
	return raw + ".(*" + rest[:dot] + ")" + rest[dot:]
}
