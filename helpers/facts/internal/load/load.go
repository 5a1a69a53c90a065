// Package load reads the sources of a Go program, with their types, from what its executable tells: which packages
// there are and where they lay, which files were selected, which versions of modules. It runs no go command and
// downloads nothing. What is not here, or is not what was compiled, is left out and said; the rest is free of errors.
package load

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Mapping is a prefix of recorded source paths, and where the files below it lie here.
type Mapping struct{ From, To string }

// Options say what to load, and where things lie.
type Options struct {
	Exe    string // an ELF executable of Go 1.18 or later, stripped or not
	GoRoot string // where the program's GOROOT lies here; found by itself when ""
	// OtherGoRoot is where some Go lies here, to be used if it is the program's.
	OtherGoRoot string
	SourceMap   []Mapping // the first that fits counts, before everything else
	ModCache    string    // GOMODCACHE when "", of the environment or the usual place
	CacheDir    string    // where types of the standard library are kept; "" keeps nothing
	// Bodies tells for packages of the standard library whether their functions are wanted, and not only their types;
	// those of all other packages always are. It is called from several goroutines.
	Bodies func(importPath string) bool
	// Progress is told what goes on when it takes longer.
	Progress func(text string)
}

// Package is a package of the program.
type Package struct {
	Path    string // import path as the linker names it: "main", "net/http", "vendor/golang.org/x/..."
	Name    string
	Dir     string // on this machine
	Std     bool   // of Go's own library
	Bodies  bool   // its functions are type-checked; Files and Info are set
	Files   []*ast.File
	Types   *types.Package // never nil; without anything in it when the package is absent
	Info    *types.Info
	Absent  string   // why there is nothing to read; "" when there is
	Dropped []string // functions without their bodies, and variables, that do not type-check here
}

// Program is what was loaded.
type Program struct {
	Fset      *token.FileSet
	Packages  []*Package // dependencies first
	ByPath    map[string]*Package
	Functions map[string]Func // by the linker's name; those that were inlined everywhere too
	GoVersion string          // "go1.26.8"; "" when the executable does not tell
	GOARCH    string
	Main      debug.Module
	MainPath  string // import path of the main package
	Settings  map[string]string
	GoRoot    string   // where the library's sources were read from
	SameGo    bool     // they are of the program's version; otherwise they serve for types alone
	Missing   []string // recorded files that were not found, or that are not what was compiled
	places    *places
	sources   *sources
}

// Load reads a program. An error means that nothing is known of it at all. Its steps fill the same program in turn.
func Load(ctx context.Context, o Options) (program *Program, err error) {
	defer func() {
		// Each package is guarded by itself; this is for an executable that was damaged in ways nobody thought of.
		if x := recover(); x != nil {
			program, err = nil, fmt.Errorf("%s: %v", o.Exe, x)
		}
	}()
	told := progress(o.Progress)
	defer told.stop()
	table, err := readTable(o.Exe)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Exe, err)
	}
	functions, err := table.functions(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Exe, err)
	}
	settings := readSettings(o.Exe)
	places := newPlaces(o, &settings, functions)
	linked := packagesOf(functions)
	s := &sources{
		fset: token.NewFileSet(), places: places, functions: functions, bodies: o.Bodies, paths: linked,
		context: settings.buildContext(places.root.dir, func(pkg string) bool { return linked[pkg] }),
		fit:     newFit(functions, settings.minor),
	}
	s.cache = openCache(o.CacheDir, places.root, s.context, settings.goVersion)
	told.say("reading the program's sources")
	all, err := s.discover(ctx, sortedKeys(linked))
	if err != nil {
		return nil, err
	}
	order := ordered(all)
	c := &checker{
		fset: s.fset, cache: s.cache, sizes: types.SizesFor("gc", settings.goarch()),
		imports: map[string]*types.Package{}, packages: map[string]*Package{}, fakes: fakePackages(order),
		reread: func(src *source) { s.reread(ctx, src) },
		linked: func(name string) bool {
			_, ok := functions[name]
			return ok
		},
		compiled: func(file string) bool {
			return len(s.fit.byFile[places.recorded(file)]) > 0
		},
	}
	told.say("type-checking %d packages", len(order))
	if err := schedule(ctx, order, c.check); err != nil {
		return nil, err
	}
	if len(c.unsaved) > 0 && s.cache != nil {
		told.say("keeping the types of Go's library")
		if err := c.save(ctx); err != nil {
			return nil, err
		}
	}
	p := &Program{
		Fset: s.fset, ByPath: c.packages, Functions: functions, GoVersion: settings.goVersion, GOARCH: settings.goarch(),
		Main: settings.main, MainPath: settings.path, Settings: settings.values,
		GoRoot: places.root.dir, SameGo: places.root.same, places: places, sources: s,
	}
	for _, src := range order {
		p.Packages = append(p.Packages, c.packages[src.path])
	}
	p.Missing = s.missing(order)
	p.placeInlined()
	return p, nil
}

func packagesOf(functions map[string]Func) map[string]bool {
	found := map[string]bool{}
	for name, fn := range functions {
		// C's functions have no file, and names with dots that mean nothing.
		if pkg := packageOf(name); pkg != "" && pkg != "unsafe" && (fn.File != "" || fn.Entry == 0) {
			found[pkg] = true
		}
	}
	return found
}

// save writes the types that were made of sources into the cache, on all processors. It fails only when it is ended.
func (c *checker) save(ctx context.Context) error {
	next := make(chan *source)
	var group sync.WaitGroup
	for n := runtime.GOMAXPROCS(0); n > 0; n-- {
		group.Add(1)
		go func() {
			defer group.Done()
			for src := range next {
				if p := c.packages[src.path]; p.Types != nil && p.Absent == "" {
					_ = c.cache.store(src, c.fset, p.Types)
				}
			}
		}()
	}
	for _, src := range c.unsaved {
		if ctx.Err() != nil {
			break
		}
		next <- src
	}
	close(next)
	group.Wait()
	return ctx.Err()
}

// Recorded is the path that the compiler recorded for a local file; "" when it is none of the program's.
func (p *Program) Recorded(local string) string { return p.places.recorded(local) }

// Linked tells whether the executable has code of a function, inlined code included. The linker leaves out what
// nothing refers to: whatever would be done there is never done.
func (p *Program) Linked(name string) bool {
	_, ok := p.Functions[name]
	return ok
}

// placeInlined fills in where functions were declared that have no code of their own, so no place in the table.
func (p *Program) placeInlined() {
	for _, pkg := range p.Packages {
		for _, file := range pkg.Files {
			for _, decl := range file.Decls {
				d, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				name := declaredAs(pkg.Path, d)
				fn, ok := p.Functions[name]
				if !ok || fn.File != "" {
					continue
				}
				at := p.Fset.Position(d.Pos())
				if fn.File = p.Recorded(at.Filename); fn.File != "" {
					fn.Line = at.Line
					p.Functions[name] = fn
				}
			}
		}
	}
}

// teller passes on what goes on, once it has taken a second.
type teller struct {
	tell  func(string)
	mu    sync.Mutex
	text  string
	timer *time.Timer
	late  bool
}

func progress(tell func(string)) *teller {
	t := &teller{tell: tell}
	if tell != nil {
		t.timer = time.AfterFunc(time.Second, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.late = true; t.text != "" {
				t.tell(t.text)
			}
		})
	}
	return t
}

func (t *teller) say(format string, words ...any) {
	if t.tell == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text = fmt.Sprintf(format, words...); t.late {
		t.tell(t.text)
	}
}

func (t *teller) stop() {
	if t.timer != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.timer.Stop()
		t.text = ""
	}
}
