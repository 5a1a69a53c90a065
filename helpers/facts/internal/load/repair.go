package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
)

// repair leaves out of a package what does not type-check, until the rest does: what analyses it further takes only
// what is free of errors. What is left out is one function's body, where that is enough.
type repair struct {
	c        *checker
	src      *source
	files    []*ast.File
	dropped  map[string]bool // functions without their bodies, as the linker names them
	standIns standIns
}

// mend leaves out what an error is about, and tells whether anything was.
func (r *repair) mend(err types.Error) bool {
	if strings.HasPrefix(err.Msg, "\t") {
		return false // further words about the error before it
	}
	for _, file := range r.files {
		if start, end := compat.FileSpan(file); err.Pos < start || err.Pos > end {
			continue
		}
		for i, decl := range file.Decls {
			if err.Pos < decl.Pos() || err.Pos > decl.End() {
				continue
			}
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Body != nil && err.Pos >= d.Body.Pos() {
					return r.dropBody(file, i)
				}
				if r.standIn(d, err) {
					return true
				}
				r.dropped[declaredAs(r.src.path, d)] = true
				file.Decls = compat.Delete(file.Decls, i, i+1)
				return true
			case *ast.GenDecl:
				return r.mendGroup(file, i, d, err)
			default:
				file.Decls = compat.Delete(file.Decls, i, i+1)
				return true
			}
		}
	}
	return false
}

// dropBody leaves the declaration, as if the function were written in assembly. There is no init without a body.
func (r *repair) dropBody(file *ast.File, i int) bool {
	d, ok := file.Decls[i].(*ast.FuncDecl)
	if !ok || d.Body == nil {
		return false
	}
	r.dropped[declaredAs(r.src.path, d)] = true
	d.Body = nil
	if d.Recv == nil && d.Name.Name == "init" {
		file.Decls = compat.Delete(file.Decls, i, i+1)
	}
	return true
}

// dropAll is the last resort.
func (r *repair) dropAll() {
	for _, file := range r.files {
		for i := len(file.Decls) - 1; i >= 0; i-- {
			r.dropBody(file, i)
		}
	}
}

func (r *repair) mendGroup(file *ast.File, at int, group *ast.GenDecl, err types.Error) bool {
	for i, spec := range group.Specs {
		if err.Pos < spec.Pos() || err.Pos > spec.End() {
			continue
		}
		if value, ok := spec.(*ast.ValueSpec); ok && group.Tok == token.VAR {
			changed := r.mendVariable(group, i, value, err)
			if len(group.Specs) == 0 {
				file.Decls = compat.Delete(file.Decls, at, at+1)
			}
			return changed
		}
		if r.standIn(spec, err) {
			return true
		}
		if group.Tok == token.CONST {
			// The others count on each other's places.
			break
		}
		if len(group.Specs) == 1 {
			break
		}
		group.Specs = compat.Delete(group.Specs, i, i+1)
		return true
	}
	file.Decls = compat.Delete(file.Decls, at, at+1)
	return true
}

// mendVariable takes away as little as it can of a package variable: what a function literal does, else the initial
// value, else the variable.
func (r *repair) mendVariable(group *ast.GenDecl, at int, spec *ast.ValueSpec, err types.Error) bool {
	for i, value := range spec.Values {
		if err.Pos < value.Pos() || err.Pos > value.End() {
			continue
		}
		if r.dropLiteral(spec, value, err.Pos) {
			return true
		}
		if spec.Type != nil && len(spec.Values) == len(spec.Names) {
			if len(spec.Names) == 1 {
				spec.Values = nil
				return true
			}
		}
		if len(spec.Values) == len(spec.Names) {
			spec.Names = compat.Delete(spec.Names, i, i+1)
			spec.Values = compat.Delete(spec.Values, i, i+1)
			if len(spec.Names) > 0 {
				return true
			}
		}
		group.Specs = compat.Delete(group.Specs, at, at+1)
		return true
	}
	if spec.Type != nil && err.Pos >= spec.Type.Pos() && r.standIn(spec, err) {
		return true
	}
	group.Specs = compat.Delete(group.Specs, at, at+1)
	return true
}

// dropLiteral makes the innermost function literal around a place end at once.
func (r *repair) dropLiteral(spec *ast.ValueSpec, value ast.Expr, pos token.Pos) bool {
	var innermost *ast.FuncLit
	ast.Inspect(value, func(node ast.Node) bool {
		if literal, ok := node.(*ast.FuncLit); ok && literal.Body.Pos() <= pos && pos < literal.Body.End() {
			innermost = literal
		}
		return true
	})
	if innermost == nil {
		return false
	}
	body := innermost.Body
	call := &ast.CallExpr{
		Fun: &ast.Ident{NamePos: body.Lbrace, Name: "panic"}, Lparen: body.Lbrace,
		Args: []ast.Expr{&ast.BasicLit{ValuePos: body.Lbrace, Kind: token.STRING, Value: `"left out"`}}, Rparen: body.Rbrace,
	}
	body.List = []ast.Stmt{&ast.ExprStmt{X: call}}
	if len(spec.Names) > 0 {
		r.dropped[escapePath(r.src.path)+"."+spec.Names[0].Name] = true
	}
	return true
}

// redeclared settles which of two files with the same declarations was compiled, where build tags did not tell: the
// one that functions were recorded of.
func (r *repair) redeclared(first, other types.Error) bool {
	one, two := r.fileAt(first.Pos), r.fileAt(other.Pos)
	if one == nil || two == nil || one == two {
		return false
	}
	unused := two
	if !r.c.compiled(r.c.fset.Position(one.Package).Filename) {
		unused = one
	}
	if !r.c.compiled(r.c.fset.Position(one.Package).Filename) == !r.c.compiled(r.c.fset.Position(two.Package).Filename) {
		return false
	}
	r.files = compat.DeleteFunc(compat.Clone(r.files), func(file *ast.File) bool { return file == unused })
	return true
}

func (r *repair) fileAt(pos token.Pos) *ast.File {
	for _, file := range r.files {
		if start, end := compat.FileSpan(file); start <= pos && pos <= end {
			return file
		}
	}
	return nil
}

// opaque leaves out what C has a part in, whose types nobody knows here: without cgo's generated files they are
// invalid, which the type checker does not count as an error.
func (r *repair) opaque(info *types.Info) bool {
	if !compat.ContainsFunc(r.files, importsC) {
		return false
	}
	changed := false
	for _, file := range r.files {
		for i := len(file.Decls) - 1; i >= 0; i-- {
			switch d := file.Decls[i].(type) {
			case *ast.FuncDecl:
				if d.Body != nil && hasInvalid(d.Body, info) {
					changed = r.dropBody(file, i) || changed
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for j := len(d.Specs) - 1; j >= 0; j-- {
					spec, ok := d.Specs[j].(*ast.ValueSpec)
					if !ok {
						continue
					}
					for _, value := range spec.Values {
						if hasInvalid(value, info) {
							changed = r.mendVariable(d, j, spec, types.Error{Pos: value.Pos()}) || changed
							break
						}
					}
				}
				// One without anything in it has no end.
				if len(d.Specs) == 0 {
					file.Decls = compat.Delete(file.Decls, i, i+1)
				}
			}
		}
	}
	return changed
}

func hasInvalid(node ast.Node, info *types.Info) bool {
	found := false
	ast.Inspect(node, func(node ast.Node) bool {
		if found {
			return false
		}
		switch n := node.(type) {
		case *ast.Ident:
			if object := info.ObjectOf(n); object != nil {
				switch object := object.(type) {
				case *types.PkgName:
					found = object.Imported().Path() == "C"
				case *types.Builtin, *types.Label, *types.Nil:
					// They never have a type.
				default:
					found = invalid(object.Type(), 0)
				}
			}
		case ast.Expr:
			if value, ok := info.Types[n]; ok {
				found = invalid(value.Type, 0)
			}
		}
		return !found
	})
	return found
}

// invalid looks into types without names: one with a name is fine however its fields are.
func invalid(t types.Type, depth int) bool {
	if t == nil || depth > 8 {
		return t == nil && depth == 0
	}
	switch t := compat.Unalias(t).(type) {
	case *types.Basic:
		return t.Kind() == types.Invalid
	case interface{ Elem() types.Type }:
		if m, ok := t.(*types.Map); ok && invalid(m.Key(), depth+1) {
			return true
		}
		return invalid(t.Elem(), depth+1)
	case *types.Signature:
		return invalid(t.Params(), depth+1) || invalid(t.Results(), depth+1)
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			if invalid(t.At(i).Type(), depth+1) {
				return true
			}
		}
	}
	return false
}
