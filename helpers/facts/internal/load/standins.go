package load

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// standIns are types declared in place of those that are missing here, as they are used: without them, everything
// that has one for a field, a parameter or a result would be missing too.
type standIns map[string]standIn

type standIn struct {
	parameters int
	embedded   bool // in an interface, so it is one
}

// standIn declares the type that an error finds undefined, if it is used as a type. One case for each kind of declaration that it may stand in.
func (r *repair) standIn(node ast.Node, err types.Error) bool {
	if !strings.HasPrefix(err.Msg, "undefined: ") && !strings.Contains(err.Msg, "not exported by package") {
		return false
	}
	name := ""
	var kind standIn
	// Both X and pkg.X; of the latter the error is at X, or at pkg.
	at := func(node ast.Node) string {
		switch n := node.(type) {
		case *ast.Ident:
			if n.Pos() == err.Pos {
				return n.Name
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && (n.Sel.Pos() == err.Pos || n.Pos() == err.Pos) {
				return "absent_" + pkg.Name + "_" + n.Sel.Name
			}
		}
		return ""
	}
	replace := func(c *astutil.Cursor) bool {
		if name != "" {
			return false
		}
		found := at(c.Node())
		if found == "" {
			return true
		}
		name, kind = found, kindOfUse(c)
		if _, ok := c.Node().(*ast.SelectorExpr); ok {
			c.Replace(&ast.Ident{NamePos: c.Node().Pos(), Name: name})
		}
		return false
	}
	switch d := node.(type) {
	case *ast.FuncDecl:
		body := d.Body
		d.Body = nil
		astutil.Apply(d, replace, nil)
		d.Body = body
	case *ast.TypeSpec:
		astutil.Apply(d, replace, nil)
	case *ast.ValueSpec:
		values := d.Values
		d.Values = nil
		astutil.Apply(d, replace, nil)
		d.Values = values
	default:
		return false
	}
	if name == "" || name == "_" {
		return false
	}
	if _, ok := r.standIns[name]; ok {
		return strings.HasPrefix(name, "absent_")
	}
	if r.standIns == nil {
		r.standIns = standIns{}
	}
	r.standIns[name] = kind
	return r.declareStandIns()
}

// kindOfUse tells how a type must be declared to be used as it is at a cursor.
func kindOfUse(c *astutil.Cursor) standIn {
	var kind standIn
	switch parent := c.Parent().(type) {
	case *ast.IndexExpr:
		if parent.X == c.Node() {
			kind.parameters = 1
		}
	case *ast.IndexListExpr:
		if parent.X == c.Node() {
			kind.parameters = len(parent.Indices)
		}
	case *ast.Field:
		// In a struct, embedding what cannot be an interface does no harm either.
		kind.embedded = len(parent.Names) == 0 && c.Name() == "Type"
	}
	return kind
}

func (kind standIn) declaration(name string) string {
	parameters := ""
	if kind.parameters > 0 {
		all := make([]string, kind.parameters)
		for i := range all {
			all[i] = fmt.Sprint("P", i)
		}
		parameters = "[" + strings.Join(all, ", ") + " any]"
	}
	if kind.embedded {
		return "type " + name + parameters + " interface{}\n"
	}
	return "type " + name + parameters + " struct{}\n"
}

const standInFile = "declared in place of what is absent"

// declareStandIns writes them as one more file of the package.
func (r *repair) declareStandIns() bool {
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n", r.src.name)
	names := make([]string, 0, len(r.standIns))
	for name := range r.standIns {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text.WriteString(r.standIns[name].declaration(name))
	}
	made, err := parser.ParseFile(r.c.fset, filepath.Join(r.src.dir, standInFile), text.String(), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	kept := make([]*ast.File, 0, len(r.files)+1)
	for _, file := range r.files {
		if filepath.Base(r.c.fset.Position(file.Package).Filename) != standInFile {
			kept = append(kept, file)
		}
	}
	r.files = append(kept, made)
	return true
}

// fakePackages stand in for packages that are not here, with the types that others use of them.
func fakePackages(order []*source) map[string]*types.Package {
	fakes := map[string]*types.Package{}
	for _, src := range order {
		if src.absent != "" {
			fakes[src.path] = nil
		}
	}
	if len(fakes) == 0 {
		return fakes
	}
	for _, src := range order {
		for _, file := range src.files {
			uses := map[string]string{} // name in the file -> path
			for _, spec := range file.Imports {
				path, ok := src.imports[strings.Trim(spec.Path.Value, "\"`")]
				if _, absent := fakes[path]; !ok || !absent {
					continue
				}
				name := nameInFile(file, spec, path)
				uses[name] = path
				if fakes[path] == nil {
					if spec.Name != nil {
						name = ""
					}
					fakes[path] = emptyPackage(path, name)
				}
			}
			if len(uses) > 0 {
				declareUsed(file, uses, fakes)
			}
		}
	}
	for path, fake := range fakes {
		if fake == nil {
			fakes[path] = emptyPackage(path, "")
		}
	}
	return fakes
}

// nameInFile is what a file calls a package: as the import says, else what of its path is used in the file.
func nameInFile(file *ast.File, spec *ast.ImportSpec, path string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	used := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok {
				used[name.Name] = true
			}
		}
		return true
	})
	guess := guessName(path)
	if used[guess] {
		return guess
	}
	// go-redis is called redis, yaml.v3 yaml, kafka-go kafka.
	for _, part := range strings.FieldsFunc(path[strings.LastIndexByte(path, '/')+1:], func(r rune) bool { return r == '-' || r == '.' || r == '_' }) {
		if used[part] {
			return part
		}
	}
	return guess
}

// declareUsed declares pkg.X for every use of it as a type outside of function bodies.
func declareUsed(file *ast.File, uses map[string]string, fakes map[string]*types.Package) {
	visit := func(c *astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.BlockStmt:
			return false
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok || uses[pkg.Name] == "" || !ast.IsExported(n.Sel.Name) {
				return true
			}
			if spec, ok := c.Parent().(*ast.ValueSpec); ok && c.Name() == "Values" && spec != nil {
				return false
			}
			if call, ok := c.Parent().(*ast.CallExpr); ok && call != nil {
				return false
			}
			declareType(fakes[uses[pkg.Name]], n.Sel.Name, kindOfUse(c))
			return false
		}
		return true
	}
	astutil.Apply(file, visit, nil)
}

func declareType(pkg *types.Package, name string, kind standIn) {
	if pkg.Scope().Lookup(name) != nil {
		return
	}
	object := types.NewTypeName(token.NoPos, pkg, name, nil)
	var underlying types.Type = types.NewStruct(nil, nil)
	if kind.embedded {
		underlying = types.NewInterfaceType(nil, nil)
	}
	named := types.NewNamed(object, underlying, nil)
	if kind.parameters > 0 {
		all := make([]*types.TypeParam, kind.parameters)
		for i := range all {
			all[i] = types.NewTypeParam(types.NewTypeName(token.NoPos, pkg, fmt.Sprint("P", i), nil), types.Universe.Lookup("any").Type())
		}
		named.SetTypeParams(all)
	}
	pkg.Scope().Insert(object)
}
