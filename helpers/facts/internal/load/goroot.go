package load

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// goRoot is where Go's own library lies here.
type goRoot struct {
	dir  string // "" when there is none at all
	same bool   // it is of the program's own version: its lines and bodies are what was compiled
}

// findGoRoot takes what it was told, then where the program was built, then other places that toolchains lie in. One
// of another version serves for types alone: most of the library's interface stays the same, its lines do not.
func findGoRoot(o Options, s *settings, recorded, modCache string) goRoot {
	var candidates []string
	add := func(dirs ...string) {
		for _, dir := range dirs {
			if dir != "" {
				candidates = append(candidates, dir)
			}
		}
	}
	if o.GoRoot != "" {
		add(o.GoRoot)
	} else {
		version, short := strings.TrimPrefix(s.goVersion, "go"), "1."
		if parts := strings.SplitN(version, ".", 3); len(parts) > 1 {
			short = "1." + parts[1]
		}
		add(mapped(o.SourceMap, recorded), recorded, o.OtherGoRoot)
		toolchains, _ := filepath.Glob(filepath.Join(modCache, "golang.org", "toolchain@v0.0.1-"+s.goVersion+".*"))
		add(toolchains...)
		add(os.Getenv("GOROOT"), "/usr/local/go", "/usr/lib/go-"+short, "/usr/lib/go", "/usr/lib/golang", "/usr/share/go-"+short)
		if home, err := os.UserHomeDir(); err == nil {
			add(filepath.Join(home, "sdk", s.goVersion), filepath.Join(home, "sdk", "go"), filepath.Join(home, "go", "go"))
		}
	}
	best, distance := "", 1<<30
	for _, dir := range candidates {
		if !isDir(filepath.Join(dir, "src", "runtime")) {
			continue
		}
		version := versionIn(dir)
		// A checkout of Go's repository has no version; whoever names it, knows.
		if version == s.goVersion || s.goVersion == "" || version == "" && (o.GoRoot != "" || strings.HasPrefix(s.goVersion, "devel")) {
			return goRoot{dir: dir, same: true}
		}
		apart := minorOf(version) - s.minor
		if apart < 0 {
			// An older one lacks what the program may use.
			apart = -10 * apart
		}
		if apart < distance {
			best, distance = dir, apart
		}
	}
	return goRoot{dir: best}
}

// versionIn is what a GOROOT says of itself, "" when it does not.
func versionIn(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	return line
}

// recordedGoRoot is what comes before the runtime's own files; "" with -trimpath, which records import paths.
func recordedGoRoot(functions map[string]Func) string {
	for _, name := range []string{"runtime.gopark", "runtime.schedule", "runtime.mallocgc", "runtime.newproc1"} {
		file := functions[name].File
		if at := strings.LastIndex(file, "/src/runtime/"); at >= 0 {
			return file[:at]
		}
	}
	return ""
}

func isTrimmed(functions map[string]Func) bool {
	return strings.HasPrefix(functions["runtime.gopark"].File, "runtime/")
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func defaultModCache(o Options) string {
	if o.ModCache != "" {
		return o.ModCache
	}
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if list := filepath.SplitList(os.Getenv("GOPATH")); len(list) > 0 && list[0] != "" {
		return filepath.Join(list[0], "pkg", "mod")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, "go", "pkg", "mod")
	}
	return filepath.Join(string(filepath.Separator), "root", "go", "pkg", "mod")
}

var helperMinor = minorOf(runtime.Version())
