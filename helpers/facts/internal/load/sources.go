package load

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// source is a package as it was read, before it is type-checked.
type source struct {
	path     string
	name     string
	dir      string
	std      bool
	bodies   bool
	files    []*ast.File
	imports  map[string]string // as written in the files -> path of the package
	cached   *cached           // its types are in the cache; files were not read
	absent   string
	unfit    []string // local files that were left out
	language string
	stamp    string // of its folder, for the cache
}

// sources reads packages; its methods are called from several goroutines.
type sources struct {
	fset      *token.FileSet
	places    *places
	context   build.Context
	functions map[string]Func
	fit       *fit
	cache     *cache
	bodies    func(string) bool
	paths     map[string]bool // packages with code
}

func (s *sources) read(ctx context.Context, pkg string) (result *source) {
	src := &source{path: pkg, imports: map[string]string{}}
	defer func() {
		if x := recover(); x != nil {
			result = &source{path: pkg, std: src.std, absent: "its files cannot be read", imports: map[string]string{}}
		}
	}()
	p := s.places
	src.std = p.isLibrary(pkg)
	src.dir = p.folder(pkg)
	src.language = p.language(pkg)
	src.bodies = !src.std || p.root.same && s.bodies != nil && s.bodies(pkg)
	if src.dir == "" {
		src.absent = "its folder was not found"
		if src.std && p.root.dir == "" {
			src.absent = "no Go was found"
		}
		if !src.std {
			s.addRecorded(src)
		}
	} else {
		if src.std && !src.bodies && s.cache != nil {
			src.stamp = folderStamp(src.dir)
			if src.cached = s.cache.load(pkg, src.stamp); src.cached != nil {
				src.name, src.imports = src.cached.Name, src.cached.Imports
				return src
			}
		}
		s.readFolder(ctx, src)
		if src.bodies && !src.std {
			s.addRecorded(src)
		}
	}
	if len(src.files) == 0 && src.absent == "" {
		src.absent = "none of its files is here"
	}
	if len(src.files) > 0 {
		src.absent = ""
	}
	for _, file := range src.files {
		for _, spec := range file.Imports {
			written, err := strconv.Unquote(spec.Path.Value)
			if err == nil && written != "C" && written != "unsafe" {
				src.imports[written] = p.imported(pkg, written, s.isKnown)
			}
		}
	}
	return src
}

func (s *sources) isKnown(pkg string) bool {
	return s.paths[pkg] || len(s.places.dirs[pkg]) > 0
}

// readFolder reads the files of the folder that the program's build selected.
func (s *sources) readFolder(ctx context.Context, src *source) {
	entries, err := os.ReadDir(src.dir)
	if err != nil {
		src.absent = err.Error()
		return
	}
	tests := s.withTests(src.path)
	for _, entry := range entries {
		name := entry.Name()
		if ctx.Err() != nil {
			return
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") && !tests {
			continue
		}
		s.readFile(src, filepath.Join(src.dir, name), true)
	}
}

// withTests: an executable that "go test -c" made has code of files that are no part of the package otherwise.
func (s *sources) withTests(pkg string) bool {
	for _, dir := range s.places.dirs[pkg] {
		if s.fit.tests[dir] {
			return true
		}
	}
	return false
}

// addRecorded adds files of the function table that lie in another folder than the others, as build systems that
// generate sources have it; and all there are, where no folder was found.
func (s *sources) addRecorded(src *source) {
	var more []string
	for _, dir := range s.places.dirs[src.path] {
		for _, name := range s.fit.inFolder[dir] {
			local := s.places.local(name)
			if s.fit.packages[name] == src.path && local != "" && filepath.Dir(local) != src.dir && isFile(local) {
				more = append(more, local)
			}
		}
	}
	if len(more) == 0 {
		return
	}
	// A //line directive may have named it: then what was compiled has been read already.
	lined := map[string]bool{}
	for _, file := range src.files {
		for _, decl := range file.Decls {
			lined[s.fset.Position(decl.Pos()).Filename] = true
		}
	}
	sort.Strings(more)
	for _, local := range more {
		if !lined[local] {
			if src.dir == "" {
				src.dir = filepath.Dir(local)
			}
			s.readFile(src, local, false)
		}
	}
}

// readFile adds a file to a package if the build selected it and it is what was compiled.
func (s *sources) readFile(src *source, file string, match bool) {
	var text []byte
	c := s.context
	c.OpenFile = func(name string) (io.ReadCloser, error) {
		data, err := os.ReadFile(name)
		text = data
		return io.NopCloser(bytes.NewReader(data)), err
	}
	if match {
		if ok, err := c.MatchFile(filepath.Split(file)); !ok {
			if err != nil && errors.Is(err, os.ErrPermission) {
				src.unfit = append(src.unfit, file)
			}
			return
		}
	}
	if text == nil {
		data, err := os.ReadFile(file)
		if err != nil {
			return
		}
		text = data
	}
	parsed, err := parser.ParseFile(s.fset, file, text, parser.SkipObjectResolution)
	if parsed == nil || parsed.Name == nil {
		src.unfit = append(src.unfit, file)
		return
	}
	name := parsed.Name.Name
	if name == "documentation" || !s.context.CgoEnabled && importsC(parsed) {
		return
	}
	if err != nil {
		src.unfit = append(src.unfit, file)
		return
	}
	if !s.belongs(src, name) {
		return
	}
	if src.bodies && !s.fit.fits(s.fset, parsed, src.path, s.places) {
		src.unfit = append(src.unfit, file)
		s.fit.withoutBodies(parsed)
	}
	src.files = append(src.files, parsed)
	src.name = name
}

// belongs: a folder may hold the files of two packages, x and x_test, and by mistake others.
func (s *sources) belongs(src *source, name string) bool {
	if src.path == "main" {
		return name == "main"
	}
	external := strings.HasSuffix(src.path, "_test") && s.withTests(src.path)
	if name == "main" && !external && src.name != "main" && len(src.files) > 0 {
		return false
	}
	if strings.HasSuffix(name, "_test") != external && s.withTests(src.path) {
		return false
	}
	return src.name == "" || src.name == name
}

func importsC(file *ast.File) bool {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"C"` {
			return true
		}
	}
	return false
}

// reread reads the files of a package whose types were to come from the cache.
func (s *sources) reread(ctx context.Context, src *source) {
	src.cached = nil
	s.readFolder(ctx, src)
	if len(src.files) == 0 {
		src.absent = "none of its files is here"
	}
}

// missing are the recorded files that the analysis would have wanted and has not.
// testMain is what the go command writes for tests, and removes: it calls them and does nothing else.
const testMain = "_testmain.go"

func (s *sources) missing(order []*source) []string {
	found := map[string]bool{}
	for _, src := range order {
		for _, file := range src.unfit {
			if recorded := s.places.recorded(file); recorded != "" {
				file = recorded
			}
			found[file] = true
		}
		if !src.bodies {
			continue
		}
		for _, dir := range s.places.dirs[src.path] {
			for _, recorded := range s.fit.inFolder[dir] {
				if path.Base(recorded) == testMain {
					continue
				}
				if s.fit.packages[recorded] == src.path && !isFile(s.places.local(recorded)) && !s.fit.seen(recorded) {
					found[recorded] = true
				}
			}
		}
	}
	return sortedKeys(found)
}
