package load

import (
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"
)

// module is one that the program was built of.
type module struct {
	path, version string
	replaced      *debug.Module
	recorded      string // its root as recorded, seen from a package of it; "" when it has no code
	goVersion     string // "go1.22", of its go.mod or of modules.txt
	local         string // "" when it is not here
}

// findRecordedRoots sees a module's root in the folder of any of its packages: that covers the module cache, vendor,
// replace and workspaces alike.
func (p *places) findRecordedRoots() {
	paths := make([]string, 0, len(p.dirs))
	for pkg := range p.dirs {
		paths = append(paths, pkg)
	}
	sort.Strings(paths)
	for _, pkg := range paths {
		real := pkg
		if pkg == "main" {
			real = p.settings.path
		}
		m := p.moduleOf(real)
		if m == nil || m.recorded != "" {
			continue
		}
		for _, dir := range p.dirs[pkg] {
			if below := strings.TrimPrefix(real, m.path); strings.HasSuffix(dir, below) {
				m.recorded = strings.TrimSuffix(dir, below)
				break
			}
		}
	}
}

// moduleOf is the module that a package belongs to: the one with the longest path that fits.
func (p *places) moduleOf(pkg string) *module {
	for i := range p.modules {
		if m := &p.modules[i]; within(pkg, m.path) {
			return m
		}
	}
	return nil
}

func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root) && len(path) > len(root) && path[len(root)] == '/'
}

// findMainRoot: with -trimpath nothing records it. The executable's own folder is looked at then, and those above it.
func (p *places) findMainRoot(exe string) {
	main := p.moduleNamed(p.settings.main.Path)
	if main == nil {
		return
	}
	if main.recorded != "" {
		if dir := p.local(main.recorded); dir != "" && isDir(dir) {
			p.mainRoot = dir
			return
		}
	}
	full, err := filepath.Abs(exe)
	if err != nil {
		return
	}
	for dir := filepath.Dir(full); ; dir = filepath.Dir(dir) {
		if moduleNameIn(filepath.Join(dir, "go.mod")) == main.path {
			p.mainRoot = dir
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

func (p *places) moduleNamed(path string) *module {
	for i := range p.modules {
		if path != "" && p.modules[i].path == path {
			return &p.modules[i]
		}
	}
	return nil
}

// moduleDir is where a module lies here: where its code was recorded, else where the go command would put it.
func (p *places) moduleDir(m *module) string {
	var tries []string
	if m.recorded != "" {
		tries = append(tries, p.local(m.recorded))
	}
	if m.path == p.settings.main.Path {
		tries = append(tries, p.mainRoot)
	} else {
		tries = append(tries, p.cached(m)...)
		if p.mainRoot != "" {
			tries = append(tries, filepath.Join(p.mainRoot, "vendor", m.path))
		}
	}
	for _, dir := range tries {
		if dir != "" && isDir(dir) {
			return dir
		}
	}
	return ""
}

// cached are a module's folders by its version, or by what replaces it.
func (p *places) cached(m *module) []string {
	path, version := m.path, m.version
	if r := m.replaced; r != nil {
		path, version = r.Path, strings.Trim(r.Version, "()")
		if version == "devel" {
			version = "" // a folder has none
		}
		if version == "" && !filepath.IsAbs(path) {
			if p.mainRoot == "" {
				return nil
			}
			return []string{filepath.Join(p.mainRoot, path)}
		}
		if version == "" {
			return []string{p.absolute(path)}
		}
	}
	return []string{filepath.Join(p.modCache, escapeModule(path)+"@"+escapeModule(version))}
}

// escapeModule writes capitals as the module cache does, for file systems that do not tell them apart.
func escapeModule(path string) string {
	var b strings.Builder
	for _, c := range path {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('!')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
