package facts

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"

	"go-deadlock-lab/facts/internal/compat"
	"go-deadlock-lab/facts/internal/load"
)

// base is an executable that has all of Go's library that the tests use, loaded once: their own programs are
// type-checked against it, and only few of them are built.
var base struct {
	dir     string
	exe     string
	program *load.Program
	err     error
}

// read are the packages of the library whose bodies are read, as for the helper itself.
func read(path string) bool {
	switch strings.TrimPrefix(path, "vendor/") {
	case "sync", "internal/sync", "sort", "slices", "maps", "iter", "io", "container/list", "container/heap":
		return true
	}
	return false
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "facts")
	if err == nil {
		base.dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		base.exe = filepath.Join(base.dir, "exe")
		err = build("testdata/base", base.exe)
	}
	if err == nil {
		base.program, err = load.Load(context.Background(), load.Options{Exe: base.exe, Bodies: read})
	}
	base.err = err
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build makes an executable with the modules that this one is built with.
func build(folder, exe string) error {
	src := exe + ".src"
	if err := os.MkdirAll(src, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			return err
		}
		text = []byte(strings.Replace(string(text), "module go-deadlock-lab/facts", "module example.com/base", 1))
		if err := os.WriteFile(filepath.Join(src, name), text, 0o644); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go.txt"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(src, strings.TrimSuffix(filepath.Base(file), ".txt")), text, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.Command("go", "build", "-o", exe, ".")
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOTOOLCHAIN=local", "GOWORK=off", "CGO_ENABLED=0", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %v\n%s", err, out)
	}
	return nil
}

func baseProgram(t *testing.T) *load.Program {
	t.Helper()
	if base.err != nil {
		t.Fatal(base.err)
	}
	return base.program
}

// paths are the packages that the texts need not import.
var paths = map[string]string{
	"context": "context", "errgroup": "golang.org/x/sync/errgroup", "errors": "errors", "fmt": "fmt", "http": "net/http",
	"io": "io", "iter": "iter", "list": "container/list", "log": "log", "rpc": "net/rpc", "signal": "os/signal", "slices": "slices",
	"sort": "sort", "sync": "sync", "atomic": "sync/atomic", "time": "time", "os": "os", "reflect": "reflect", "unsafe": "unsafe", "net": "net", "template": "text/template", "runtime": "runtime", "json": "encoding/json", "strings": "strings",
}

// program type-checks a text as package main, together with what it needs of the library. Its steps, which have all they
// make in common, are those of a compiler.
func program(t *testing.T, text string) *told {
	t.Helper()
	from := baseProgram(t)
	imports := map[string]bool{}
	for _, found := range qualified.FindAllStringSubmatch(text, -1) {
		if path := paths[found[1]]; path != "" {
			imports[path] = true
		}
	}
	head := "package main"
	for _, path := range sortedNames(imports) {
		head += fmt.Sprintf("; import %q", path)
	}
	text = head + "\n" + text
	p := &told{T: t, lines: map[string]Place{}, marks: map[Place]string{}}
	for i, line := range strings.Split(text, "\n") {
		if found := mark.FindStringSubmatch(line); found != nil {
			at := Place{"/main/a.go", i + 1}
			p.lines[found[1]], p.marks[at] = at, found[1]
		}
	}
	file, err := parser.ParseFile(from.Fset, "/main/a.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, Instances: map[*ast.Ident]types.Instance{},
	}
	compat.RecordVersions(info)
	config := types.Config{Importer: importer{from}, Sizes: types.SizesFor("gc", "amd64")}
	pkg, err := config.Check("main", from.Fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	whole := *from
	whole.Functions, whole.Packages, whole.ByPath = nil, nil, map[string]*load.Package{}
	needed := map[string]bool{}
	var need func(path string)
	need = func(path string) {
		if at := from.ByPath[path]; at != nil && !needed[path] {
			needed[path] = true
			for _, next := range at.Types.Imports() {
				need(next.Path())
			}
		}
	}
	for path := range imports {
		need(path)
	}
	for _, at := range from.Packages {
		if needed[at.Path] {
			whole.Packages = append(whole.Packages, at)
			whole.ByPath[at.Path] = at
		}
	}
	main := &load.Package{Path: "main", Name: "main", Bodies: true, Files: []*ast.File{file}, Types: pkg, Info: info}
	whole.Packages = append(whole.Packages, main)
	whole.ByPath["main"] = main
	if p.w, err = Build(context.Background(), &whole); err != nil {
		t.Fatal(err)
	}
	return p
}

type importer struct{ from *load.Program }

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := i.from.ByPath[path]; p != nil && p.Absent == "" {
		return p.Types, nil
	}
	return nil, fmt.Errorf("the base has no %s", path)
}

func sortedNames(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

func needsGo(t *testing.T, minor int) {
	t.Helper()
	var have int
	if _, err := fmt.Sscanf(runtime.Version(), "go1.%d", &have); err == nil && have < minor {
		t.Skipf("of Go 1.%d", minor)
	}
}
