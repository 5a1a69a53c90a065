package load

import (
	"debug/buildinfo"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"go-deadlock-lab/facts/internal/compat"
)

// settings is what the executable tells about how it was built.
type settings struct {
	goVersion string // "go1.26.8"
	minor     int    // 26
	main      debug.Module
	path      string // import path of the main package
	deps      []*debug.Module
	values    map[string]string
}

func readSettings(exe string) settings {
	s := settings{values: map[string]string{}}
	// Some build systems leave it out: then all of it is guessed from the function table.
	if info, err := buildinfo.ReadFile(exe); err == nil {
		s.goVersion, _, _ = strings.Cut(info.GoVersion, " ")
		s.main, s.path, s.deps = info.Main, info.Path, info.Deps
		for _, one := range info.Settings {
			s.values[one.Key] = one.Value
		}
	}
	s.minor = minorOf(s.goVersion)
	return s
}

// minorOf is 26 of "go1.26.8" and of "go1.27-devel_..."; 0 when it cannot be told.
func minorOf(version string) int {
	rest, ok := compat.CutPrefix(version, "go1.")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if end >= 0 {
		rest = rest[:end]
	}
	minor, _ := strconv.Atoi(rest)
	return minor
}

func (s *settings) goos() string   { return s.or("GOOS", "linux") }
func (s *settings) goarch() string { return s.or("GOARCH", runtime.GOARCH) }

func (s *settings) or(key, otherwise string) string {
	if value := s.values[key]; value != "" {
		return value
	}
	return otherwise
}

// buildContext selects files as the program's own build did. linked tells what the executable has code of.
func (s *settings) buildContext(goRoot string, linked func(pkg string) bool) build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.GOROOT, c.Compiler = s.goos(), s.goarch(), goRoot, "gc"
	c.CgoEnabled = linked("runtime/cgo")
	if value, ok := s.values["CGO_ENABLED"]; ok {
		c.CgoEnabled = value == "1"
	}
	c.BuildTags = strings.FieldsFunc(s.values["-tags"], func(r rune) bool { return r == ',' || r == ' ' })
	for _, detector := range []string{"race", "msan", "asan"} {
		if s.values["-"+detector] == "true" || detector == "race" && linked("runtime/race/internal/amd64v1") {
			c.BuildTags = append(c.BuildTags, detector)
		}
	}
	c.InstallSuffix = ""
	c.ReleaseTags = nil
	minor := s.minor
	if minor == 0 {
		minor = minorOf(runtime.Version())
	}
	for i := 1; i <= minor; i++ {
		c.ReleaseTags = append(c.ReleaseTags, "go1."+strconv.Itoa(i))
	}
	c.ToolTags = append(s.architectureTags(), s.experimentTags(goRoot)...)
	return c
}

// architectureTags are those of the smallest processor that the program asks for: each level has those below it.
func (s *settings) architectureTags() []string {
	var tags []string
	switch s.goarch() {
	case "amd64":
		level, _ := strconv.Atoi(strings.TrimPrefix(s.or("GOAMD64", "v1"), "v"))
		for i := 1; i <= level && i <= 4; i++ {
			tags = append(tags, "amd64.v"+strconv.Itoa(i))
		}
	case "arm64":
		value, _, _ := strings.Cut(s.or("GOARM64", "v8.0"), ",")
		major, minor, _ := strings.Cut(strings.TrimPrefix(value, "v"), ".")
		last, _ := strconv.Atoi(minor)
		for i := 0; i <= last && i <= 9; i++ {
			tags = append(tags, "arm64.v"+major+"."+strconv.Itoa(i))
		}
		if major == "9" {
			for i := 0; i <= last+5 && i <= 9; i++ {
				tags = append(tags, "arm64.v8."+strconv.Itoa(i))
			}
		}
	}
	return tags
}

// experimentTags are goexperiment.* as they are on by default in that version of Go, which its own sources say, and
// as the build changed them.
func (s *settings) experimentTags(goRoot string) []string {
	on := map[string]bool{}
	var order []string
	set := func(name string, value bool) {
		if _, ok := on[name]; !ok {
			order = append(order, name)
		}
		on[name] = value
	}
	for _, name := range defaultExperiments(goRoot) {
		set(name, true)
	}
	for _, name := range strings.Split(s.values["GOEXPERIMENT"], ",") {
		name = strings.TrimSpace(name)
		if off, ok := compat.CutPrefix(name, "no"); ok {
			set(off, false)
		} else if name != "" {
			set(name, true)
		}
	}
	var tags []string
	for _, name := range order {
		if on[name] {
			tags = append(tags, "goexperiment."+name)
		}
	}
	return tags
}

const experimentsFile = "src/internal/buildcfg/exp.go"

// defaultExperiments reads them from the composite literal that Go's own tools take them from.
func defaultExperiments(goRoot string) []string {
	if goRoot == "" {
		return nil
	}
	file, _ := parser.ParseFile(token.NewFileSet(), filepath.Join(goRoot, experimentsFile), nil, parser.SkipObjectResolution)
	if file == nil {
		return nil
	}
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok || len(literal.Elts) == 0 {
			return true
		}
		if selector, ok := literal.Type.(*ast.SelectorExpr); !ok || selector.Sel.Name != "Flags" {
			return true
		}
		for _, element := range literal.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, ok := pair.Key.(*ast.Ident)
			// Other values than true and false depend on the platform, and hold on the two that are supported.
			if value, plain := pair.Value.(*ast.Ident); ok && !(plain && value.Name == "false") {
				found = append(found, strings.ToLower(key.Name))
			}
		}
		return false
	})
	return found
}
