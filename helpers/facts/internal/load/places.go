package load

import (
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// places tells where recorded source files lie on this machine, and where packages lie that left no file in the
// function table.
type places struct {
	sourceMap    []Mapping
	recordedRoot string // GOROOT as recorded
	root         goRoot
	trimmed      bool
	modCache     string
	settings     *settings
	dirs         map[string][]string // import path -> recorded folders of its functions' files, the likeliest first
	modules      []module            // longest path first
	mainRoot     string              // where the main module lies here, "" when unknown
	files        map[string]bool     // recorded files
	vendors      bool                // packages have the vendor folder in their paths, as without modules
	mu           sync.Mutex
	back         map[string]string // local folder -> recorded folder; under mu
}

func newPlaces(o Options, s *settings, functions map[string]Func) *places {
	p := &places{
		sourceMap: o.SourceMap, recordedRoot: recordedGoRoot(functions), trimmed: isTrimmed(functions),
		modCache: defaultModCache(o), settings: s, dirs: packageDirs(functions), back: map[string]string{},
		files: map[string]bool{},
	}
	for _, fn := range functions {
		p.files[fn.File] = true
	}
	for pkg := range p.dirs {
		p.vendors = p.vendors || strings.Contains(pkg, "/vendor/")
	}
	p.root = findGoRoot(o, s, p.recordedRoot, p.modCache)
	for _, dep := range s.deps {
		p.modules = append(p.modules, module{path: dep.Path, version: dep.Version, replaced: dep.Replace})
	}
	if s.main.Path != "" {
		p.modules = append(p.modules, module{path: s.main.Path})
	}
	sort.SliceStable(p.modules, func(i, j int) bool { return len(p.modules[i].path) > len(p.modules[j].path) })
	p.findRecordedRoots()
	p.findMainRoot(o.Exe)
	vendored := vendoredVersions(p.mainRoot)
	for i := range p.modules {
		m := &p.modules[i]
		m.local = p.moduleDir(m)
		m.goVersion = languageOf(filepath.Join(m.local, "go.mod"))
		if m.goVersion == "" {
			m.goVersion = vendored[m.path]
		}
	}
	return p
}

// packageDirs are the folders that each package's functions were declared in. Mostly one; a //line directive can name
// any other, so the one with most functions comes first, of these one that ends as the import path does.
func packageDirs(functions map[string]Func) map[string][]string {
	votes := map[string]map[string]int{}
	for name, fn := range functions {
		if ext := path.Ext(fn.File); ext != ".go" && ext != ".s" || strings.HasPrefix(path.Base(fn.File), "_cgo_") {
			continue
		}
		if _, _, ok := declared(name); !ok {
			continue
		}
		pkg := packageOf(name)
		if pkg == "" {
			continue
		}
		if votes[pkg] == nil {
			votes[pkg] = map[string]int{}
		}
		votes[pkg][path.Dir(fn.File)]++
	}
	found := map[string][]string{}
	for pkg, count := range votes {
		var dirs []string
		for dir := range count {
			dirs = append(dirs, dir)
		}
		rank := func(dir string) int {
			n := 2 * count[dir]
			if path.Base(withoutVersions(dir)) == path.Base(pkg) {
				n += count[dir] + 1
			}
			return n
		}
		sort.Slice(dirs, func(i, j int) bool {
			if a, b := rank(dirs[i]), rank(dirs[j]); a != b {
				return a > b
			}
			return dirs[i] < dirs[j]
		})
		found[pkg] = dirs
	}
	return found
}

// withoutVersions leaves out the @v1.2.3 of a module's folder.
func withoutVersions(dir string) string {
	parts := strings.Split(dir, "/")
	for i, part := range parts {
		parts[i], _, _ = strings.Cut(part, "@")
	}
	return strings.Join(parts, "/")
}

// mapped applies the first prefix that fits; "" when none does.
func mapped(mappings []Mapping, recorded string) string {
	for _, m := range mappings {
		from := strings.TrimSuffix(m.From, "/")
		if recorded != "" && (recorded == m.From || strings.HasPrefix(recorded, from+"/")) {
			return filepath.Join(m.To, strings.TrimPrefix(recorded, from))
		}
	}
	return ""
}

// local is where a recorded file or folder would lie here, whether it is there or not; "" when nothing tells.
func (p *places) local(recorded string) string {
	if to := mapped(p.sourceMap, recorded); to != "" {
		return to
	}
	if filepath.IsAbs(recorded) {
		return p.absolute(recorded)
	}
	if p.trimmed {
		return p.trimmedPath(recorded)
	}
	return ""
}

func (p *places) absolute(recorded string) string {
	if p.recordedRoot != "" && within(recorded, p.recordedRoot) && p.root.dir != "" {
		return p.root.dir + strings.TrimPrefix(recorded, p.recordedRoot)
	}
	if _, err := os.Stat(recorded); err != nil {
		// The module cache of whoever built it, and ours: what is in it is the same by its name.
		if _, below, ok := strings.Cut(recorded, "/pkg/mod/"); ok && strings.Contains(below, "@") {
			return filepath.Join(p.modCache, below)
		}
		// So with the main module, where it was found elsewhere.
		if main := p.moduleNamed(p.settings.main.Path); main != nil && p.mainRoot != "" && main.recorded != "" && within(recorded, main.recorded) {
			return p.mainRoot + strings.TrimPrefix(recorded, main.recorded)
		}
	}
	return recorded
}

// trimmedPath: -trimpath records module@version/..., the import path in the main module and in Go's library.
func (p *places) trimmedPath(recorded string) string {
	if at := strings.IndexByte(recorded, '@'); at >= 0 {
		version, below, _ := strings.Cut(recorded[at+1:], "/")
		m := module{path: recorded[:at], version: version}
		if known := p.moduleNamed(m.path); known != nil {
			m.replaced = known.replaced
			if known.local != "" {
				return filepath.Join(known.local, below)
			}
		}
		tries := p.cached(&m)
		if p.mainRoot != "" {
			tries = append(tries, filepath.Join(p.mainRoot, "vendor", m.path))
		}
		for _, dir := range tries {
			if isDir(dir) {
				return filepath.Join(dir, below)
			}
		}
		return ""
	}
	if m := p.moduleOf(recorded); m != nil {
		root := m.local
		if m.path == p.settings.main.Path {
			root = p.mainRoot
		}
		if root == "" {
			return ""
		}
		return filepath.Join(root, strings.TrimPrefix(recorded, m.path))
	}
	if p.root.dir != "" && p.isLibraryPath(recorded) {
		return filepath.Join(p.root.dir, "src", recorded)
	}
	return ""
}

// isLibraryPath tells Go's own packages from others by their first part, where no module claims them.
func (p *places) isLibraryPath(pkg string) bool {
	if p.moduleOf(pkg) != nil {
		return false
	}
	first, _, _ := strings.Cut(pkg, "/")
	return first != "main" && !strings.Contains(first, ".") && (first == "vendor" || p.root.dir == "" || isDir(filepath.Join(p.root.dir, "src", first)))
}

// recorded is the other way round: "" when a local file belongs to no package that was read.
func (p *places) recorded(local string) string {
	p.mu.Lock()
	dir, ok := p.back[filepath.Dir(local)]
	p.mu.Unlock()
	if ok {
		return path.Join(dir, filepath.Base(local))
	}
	if p.files[local] {
		// A //line directive told it.
		return local
	}
	return ""
}

func (p *places) remember(dir, recorded string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A package with code knows better than a guess.
	if _, ok := p.back[dir]; !ok {
		p.back[dir] = recorded
	}
}
