package load

import (
	"context"
	"go/ast"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/txtar"
)

var shared struct {
	once sync.Once
	dir  string
	mu   sync.Mutex
	made map[string]string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// workplace is a folder with the sources and what was built of them, for all tests.
func workplace(t *testing.T) string {
	t.Helper()
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "load")
		if err != nil {
			t.Fatal(err)
		}
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			t.Fatal(err)
		}
		shared.dir, shared.made = dir, map[string]string{}
		unpack(t, dir, sources1)
	})
	return shared.dir
}

func unpack(t *testing.T, dir, archive string) {
	t.Helper()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOWORK=off"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// built is an executable of the sources in a folder; each is made once.
func built(t *testing.T, folder string, env []string, flags ...string) string {
	t.Helper()
	dir := workplace(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	key := folder + strings.Join(env, " ") + strings.Join(flags, " ")
	if exe := shared.made[key]; exe != "" {
		return exe
	}
	if !slices.Contains(flags, "-c") {
		flags = append([]string{"build"}, flags...)
	} else {
		flags = append([]string{"test"}, flags...)
	}
	exe := filepath.Join(dir, "made", "exe"+string(rune('a'+len(shared.made))))
	run(t, filepath.Join(dir, folder), env, append([]string{flags[0], "-o", exe}, flags[1:]...)...)
	shared.made[key] = exe
	return exe
}

// loaded reads a program and lets the next step of the analysis have it: that takes only what is free of errors.
func loaded(t *testing.T, o Options) *Program {
	t.Helper()
	if o.CacheDir == "" {
		o.CacheDir = filepath.Join(workplace(t), "cache")
	}
	if o.Bodies == nil {
		o.Bodies = func(path string) bool { return path == "sync" || path == "context" }
	}
	p, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	consistent(t, p)
	program := ssa.NewProgram(p.Fset, ssa.InstantiateGenerics|ssa.SanityCheckFunctions)
	for _, pkg := range p.Packages {
		program.CreatePackage(pkg.Types, pkg.Files, pkg.Info, true)
	}
	program.CreatePackage(types.Unsafe, nil, nil, true)
	for _, pkg := range p.Packages {
		for _, to := range pkg.Types.Imports() {
			if program.Package(to) == nil {
				program.CreatePackage(to, nil, nil, true)
			}
		}
	}
	program.Build()
	return p
}

// consistent: there is one *types.Package for each path, and one object for each name in it, however deep it is
// looked for from any other package.
func consistent(t *testing.T, p *Program) {
	t.Helper()
	seen := map[types.Type]bool{}
	var visit func(from *Package, typ types.Type)
	object := func(from *Package, obj types.Object) {
		if obj == nil || obj.Pkg() == nil {
			return
		}
		owner := p.ByPath[obj.Pkg().Path()]
		if owner == nil {
			if path := obj.Pkg().Path(); path != "unsafe" && path != "C" {
				t.Errorf("%s refers to %s, which was not loaded", from.Path, path)
			}
			return
		}
		if owner.Types != obj.Pkg() {
			t.Errorf("%s refers to another %s", from.Path, owner.Path)
		} else if obj.Parent() == obj.Pkg().Scope() && owner.Types.Scope().Lookup(obj.Name()) != obj {
			t.Errorf("%s refers to another %s.%s", from.Path, owner.Path, obj.Name())
		}
	}
	visit = func(from *Package, typ types.Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		switch typ := typ.(type) {
		case *types.Named:
			object(from, typ.Obj())
			visit(from, typ.Underlying())
			for i := range typ.NumMethods() {
				object(from, typ.Method(i))
				visit(from, typ.Method(i).Type())
			}
		case *types.Alias:
			object(from, typ.Obj())
			visit(from, types.Unalias(typ))
		case *types.Struct:
			for i := range typ.NumFields() {
				object(from, typ.Field(i))
				visit(from, typ.Field(i).Type())
			}
		case *types.Interface:
			for i := range typ.NumMethods() {
				visit(from, typ.Method(i).Type())
			}
		case *types.Signature:
			visit(from, typ.Params())
			visit(from, typ.Results())
		case *types.Tuple:
			for i := range typ.Len() {
				visit(from, typ.At(i).Type())
			}
		case *types.Map:
			visit(from, typ.Key())
			visit(from, typ.Elem())
		case interface{ Elem() types.Type }:
			visit(from, typ.Elem())
		}
	}
	for i, pkg := range p.Packages {
		if pkg.Types == nil || p.ByPath[pkg.Path] != pkg {
			t.Fatalf("%s is not what its path leads to", pkg.Path)
		}
		for _, to := range pkg.Types.Imports() {
			if later := slices.Index(p.Packages, p.ByPath[to.Path()]); later > i && pkg.Bodies {
				t.Errorf("%s comes before %s, which it imports", pkg.Path, to.Path())
			}
		}
		for _, name := range pkg.Types.Scope().Names() {
			obj := pkg.Types.Scope().Lookup(name)
			object(pkg, obj)
			visit(pkg, obj.Type())
		}
		if pkg.Bodies {
			for _, tv := range pkg.Info.Types {
				visit(pkg, tv.Type)
			}
		}
	}
}

// bodies are the functions of a package that can be read, and those that cannot.
func bodies(p *Program, path string) (with, without []string) {
	pkg := p.ByPath[path]
	if pkg == nil {
		return nil, nil
	}
	for _, file := range pkg.Files {
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				with = append(with, declaredAs(path, fn))
			} else if ok {
				without = append(without, declaredAs(path, fn))
			}
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	return with, without
}
