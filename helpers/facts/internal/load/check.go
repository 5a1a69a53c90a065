package load

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strings"
	"sync"

	"go-deadlock-lab/facts/internal/compat"
	"golang.org/x/tools/go/gcexportdata"
)

// checker makes types of sources, one *types.Package for each path.
type checker struct {
	fset  *token.FileSet
	cache *cache
	sizes types.Sizes
	// reread reads a source whose cached types turned out to be unreadable.
	reread func(*source)
	// linked tells whether the executable has code of a function; nil where that is not known.
	linked func(name string) bool
	// compiled tells whether functions of a local file are in the executable.
	compiled func(file string) bool

	// Export data adds to packages that it refers to, so nothing else may look at them meanwhile.
	exclusive sync.RWMutex

	mu       sync.Mutex
	imports  map[string]*types.Package // under mu; under exclusive while export data is read
	packages map[string]*Package       // under mu
	fakes    map[string]*types.Package
	unsaved  []*source // whose types are to be kept; under mu
}

func (c *checker) check(src *source) {
	p := &Package{Path: src.path, Name: src.name, Dir: src.dir, Std: src.std, Absent: src.absent}
	defer func() {
		if x := recover(); x != nil {
			c.fail(p, fmt.Sprint("the type checker failed: ", x))
		}
		c.mu.Lock()
		c.imports[src.path] = p.Types
		c.packages[src.path] = p
		c.mu.Unlock()
	}()
	if src.cached != nil {
		if c.read(src, p) {
			return
		}
		c.reread(src)
		p.Name, p.Absent = src.name, src.absent
	}
	if p.Absent != "" {
		c.fail(p, p.Absent)
		return
	}
	c.exclusive.RLock()
	defer c.exclusive.RUnlock()
	if src.bodies {
		c.withBodies(src, p)
	} else {
		c.typesOnly(src, p)
	}
	src.files = nil
}

// fail leaves a package without anything in it, so that those that import it can still be checked.
func (c *checker) fail(p *Package, why string) {
	p.Absent, p.Files, p.Info, p.Bodies = why, nil, nil, false
	if p.Types = c.fakes[p.Path]; p.Types == nil {
		p.Types = emptyPackage(p.Path, p.Name)
	}
	p.Name = p.Types.Name()
}

func emptyPackage(path, name string) *types.Package {
	if name == "" {
		name = guessName(path)
	}
	made := types.NewPackage(path, name)
	made.MarkComplete()
	return made
}

// guessName is what a package is probably called whose files are not here.
func guessName(importPath string) string {
	name := path.Base(importPath)
	if len(name) > 1 && name[0] == 'v' && isNumber(name[1:]) {
		name = path.Base(path.Dir(importPath))
	}
	name, _, _ = strings.Cut(name, ".v")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "go-"), ".go")
	if at := strings.LastIndexByte(name, '-'); at >= 0 && token.IsIdentifier(name[at+1:]) {
		name = name[at+1:]
	}
	if !token.IsIdentifier(name) {
		return "absent"
	}
	return name
}

// read takes a package's types from the cache.
func (c *checker) read(src *source, p *Package) (ok bool) {
	c.exclusive.Lock()
	defer c.exclusive.Unlock()
	defer func() {
		src.cached.data = nil
		if x := recover(); x != nil {
			ok = false
		}
		if !ok {
			c.cache.drop(src.path)
			c.mu.Lock()
			delete(c.imports, src.path)
			c.mu.Unlock()
		}
	}()
	c.mu.Lock()
	imports := make(map[string]*types.Package, len(c.imports)+8)
	for path, pkg := range c.imports {
		imports[path] = pkg
	}
	c.mu.Unlock()
	found, err := gcexportdata.Read(bytes.NewReader(src.cached.data), c.fset, imports, src.path)
	if err != nil || found == nil || !found.Complete() {
		return false
	}
	p.Types, p.Name = found, found.Name()
	return true
}

// importer resolves the imports of one package.
type importer struct {
	c   *checker
	src *source
}

func (i importer) Import(written string) (*types.Package, error) {
	if written == "unsafe" {
		return types.Unsafe, nil
	}
	path := i.src.imports[written]
	i.c.mu.Lock()
	defer i.c.mu.Unlock()
	if found := i.c.imports[path]; found != nil && path != "" {
		return found, nil
	}
	return emptyPackage(written, ""), nil
}

func (c *checker) config(src *source, report func(types.Error)) *types.Config {
	return &types.Config{
		GoVersion:   src.language,
		FakeImportC: true,
		Importer:    importer{c, src},
		Sizes:       c.sizes,
		Error: func(err error) {
			// Unused imports and variables are none of ours: they come from what was left out.
			if one, ok := err.(types.Error); ok && !one.Soft {
				report(one)
			}
		},
	}
}

func (c *checker) typesOnly(src *source, p *Package) {
	config := c.config(src, func(types.Error) {})
	config.IgnoreFuncBodies = true
	// What does not type-check here is of no consequence: nobody reads its bodies.
	p.Types, _ = config.Check(src.path, c.fset, src.files, nil)
	keepInterfaces(p.Types)
	c.mu.Lock()
	c.unsaved = append(c.unsaved, src)
	c.mu.Unlock()
}

func newInfo() *types.Info {
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Instances:  map[*ast.Ident]types.Instance{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Implicits:  map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes:     map[ast.Node]*types.Scope{},
	}
	compat.RecordVersions(info)
	return info
}

// attempts are how often a package is checked again after parts of it were left out. Each takes out what the errors
// of the one before were about; the last ones everything in question.
const attempts = 12

// shortBody is how many statements a function may have that the executable has no code of and that is read all the
// same: a short one may have been inlined without a trace.
const shortBody = 4

// leaveOut empties the functions that the linker left out: whatever they would do is never done. They are much of what
// a program's modules have.
func (c *checker) leaveOut(src *source) {
	for _, file := range src.files {
		withoutC(file)
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Body == nil || len(d.Body.List) <= shortBody || d.Name.Name == "init" || d.Name.Name == "_" {
				continue
			}
			// A generic function without a body is an error to the type checker.
			if name := declaredAs(src.path, d); !strings.Contains(name, "[") && !c.linked(name) && !c.linked(Wrapped(name)) {
				d.Body = nil
			}
		}
	}
}

func (c *checker) withBodies(src *source, p *Package) {
	c.leaveOut(src)
	r := &repair{c: c, src: src, files: src.files, dropped: map[string]bool{}}
	for i := 0; i < attempts; i++ {
		var errors []types.Error
		info := newInfo()
		config := c.config(src, func(err types.Error) { errors = append(errors, err) })
		pkg, _ := config.Check(src.path, c.fset, r.files, info)
		changed := r.opaque(info)
		if len(errors) == 0 && !changed {
			p.Types, p.Info, p.Files, p.Bodies = pkg, info, r.files, true
			p.Dropped = sortedKeys(r.dropped)
			return
		}
		for i, err := range errors {
			if i+1 < len(errors) && strings.Contains(err.Msg, "redeclared") && r.redeclared(err, errors[i+1]) {
				changed = true
				break
			}
			changed = r.mend(err) || changed
		}
		if !changed || i == attempts-3 {
			r.dropAll()
		}
	}
	c.fail(p, "it does not type-check")
	p.Dropped = sortedKeys(r.dropped)
}
