package facts

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
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

// A told is a program as text, with its world. Lines are known by marks: `// put` at their ends.
type told struct {
	*testing.T
	w     *World
	lines map[string]Place
	marks map[Place]string
}

var (
	mark      = regexp.MustCompile(`// (\w+)$`)
	qualified = regexp.MustCompile(`\b([a-z]\w*)\.[A-Z]`)
)

// paths are the packages that the texts need not import.
var paths = map[string]string{
	"context": "context", "errgroup": "golang.org/x/sync/errgroup", "errors": "errors", "fmt": "fmt", "http": "net/http",
	"io": "io", "iter": "iter", "list": "container/list", "log": "log", "rpc": "net/rpc", "signal": "os/signal", "slices": "slices",
	"sort": "sort", "sync": "sync", "atomic": "sync/atomic", "time": "time", "os": "os", "reflect": "reflect", "unsafe": "unsafe", "net": "net", "template": "text/template", "runtime": "runtime", "json": "encoding/json", "strings": "strings",
}

// program type-checks a text as package main, together with what it needs of the library.
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

// at is the mark of a line, or else its number.
func (p *told) at(file string, line int) string {
	if name := p.marks[Place{file, line}]; name != "" {
		return name
	}
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

func (p *told) placeOf(pos token.Pos) string {
	at := p.w.place(pos)
	return p.at(at.File, at.Line)
}

// ops are the operations of a marked line, of one kind where one is given: `wait` or `wait/lock`.
func (p *told) ops(name string) []*Op {
	p.Helper()
	name, kind := cut(name)
	at, ok := p.lines[name]
	if !ok {
		p.Fatalf("no line is marked %s", name)
	}
	var out []*Op
	for _, op := range p.w.ops {
		if p.w.place(op.Pos) == at && (kind == "" || op.Kind == kind) {
			out = append(out, op)
		}
	}
	return out
}

func cut(name string) (string, string) {
	if at := strings.Index(name, "/"); at >= 0 {
		return name[:at], name[at+1:]
	}
	return name, ""
}

// same are the operations that may be on the object of a marked line: `send put`, and what is not known of it.
func (p *told) same(name string) []string {
	p.Helper()
	waits := p.ops(name)
	if len(waits) == 0 {
		p.Fatalf("no operation at %s", name)
	}
	c := p.w.classOf(waits)
	out := map[string]bool{}
	for _, op := range c.ops {
		out[op.Kind+" "+p.placeOf(op.Pos)] = true
	}
	if c.unknown {
		out["unknown"] = true
	}
	for _, at := range c.library {
		if at != nil {
			out["library "+opaqueName(p.w, at)] = true
		}
	}
	for _, op := range waits {
		delete(out, op.Kind+" "+p.placeOf(op.Pos))
	}
	return sortedNames(out)
}

// ways are who may come to an operation for an object that is there already.
func (p *told) ways(name string, stacks ...Stack) []string {
	p.Helper()
	out := map[string]bool{}
	ops := p.ops(name)
	if len(ops) == 0 {
		p.Fatalf("no operation at %s", name)
	}
	for _, op := range ops {
		routes, entries, _ := p.w.routesTo(op, p.w.classOf(ops), p.w.Resolve(stacks))
		for _, r := range routes {
			out["in "+p.placeOf(positionOf(r.site))] = true
		}
		for _, e := range entries {
			out["open: "+e.why] = true
		}
	}
	return sortedNames(out)
}

// reaches tells whether anybody from outside may come to an operation.
func (p *told) isOpen(name string) bool {
	p.Helper()
	for _, way := range p.ways(name) {
		if strings.HasPrefix(way, "open: ") {
			return true
		}
	}
	return false
}

func (p *told) is(what string, got []string, want ...string) {
	p.Helper()
	sort.Strings(want)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		p.Errorf("%s: %q, not %q", what, got, want)
	}
}

func (p *told) has(what string, got []string, want ...string) {
	p.Helper()
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			p.Errorf("%s: %q is not among %q", what, w, got)
		}
	}
}

// stack is a goroutine's: `main.f@mark`, innermost first. One that begins with a function of the runtime is parked.
func (p *told) stack(frames ...string) Stack {
	p.Helper()
	s := Stack{ID: "S", Parked: strings.HasPrefix(frames[0], "runtime.")}
	for _, frame := range frames {
		at := strings.LastIndex(frame, "@")
		if at < 0 {
			s.Frames = append(s.Frames, Frame{Function: frame, File: "/go/" + strings.Split(frame, ".")[0] + ".go", Line: 1})
			continue
		}
		place, ok := p.lines[frame[at+1:]]
		if !ok {
			p.Fatalf("no line is marked %s", frame[at+1:])
		}
		s.Frames = append(s.Frames, Frame{Function: frame[:at], File: place.File, Line: place.Line})
	}
	return s
}

// answer asks who could end a wait.
func (p *told) answer(name, mode string, stacks ...Stack) *Class {
	p.Helper()
	var ids []int
	for _, op := range p.ops(name) {
		ids = append(ids, op.ID)
	}
	return p.w.Answer(p.w.Resolve(stacks), ids, mode)
}

// comers are the stacks that may come to operations, and the ways in from outside: `send put by 1`.
func (p *told) comers(c *Class) []string {
	out := map[string]bool{}
	for _, o := range c.Operations {
		what := o.Kind + " " + p.at(o.File, o.Line)
		for _, s := range append(append([]Spot{}, o.OnStack...), o.Routes...) {
			out[fmt.Sprintf("%s by %d", what, s.Stack)] = true
		}
		for range o.Open {
			out[what+" from outside"] = true
		}
	}
	return sortedNames(out)
}

// holders are the stacks that have taken a lock: `lock take by 1`, with ? where that is not certain.
func (p *told) holders(c *Class) []string {
	out := map[string]bool{}
	for _, h := range c.Holders {
		text := fmt.Sprintf("%s %s by %d", h.Kind, p.at(h.File, h.Line), h.Stack)
		if !h.Always {
			text += "?"
		}
		out[text] = true
	}
	return sortedNames(out)
}

func needsGo(t *testing.T, minor int) {
	t.Helper()
	var have int
	if _, err := fmt.Sscanf(runtime.Version(), "go1.%d", &have); err == nil && have < minor {
		t.Skipf("of Go 1.%d", minor)
	}
}
