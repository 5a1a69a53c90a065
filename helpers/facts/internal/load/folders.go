package load

import (
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// isLibrary tells whether a package belongs to Go's own library. Where it was recorded counts more than its name.
func (p *places) isLibrary(pkg string) bool {
	if pkg == "main" {
		return false
	}
	if dirs := p.dirs[pkg]; len(dirs) > 0 && !p.trimmed && p.recordedRoot != "" {
		return within(dirs[0], p.recordedRoot+"/src")
	}
	return p.isLibraryPath(pkg)
}

// folder is where the files of a package lie here; "" when it is not found.
func (p *places) folder(pkg string) string {
	if p.isLibrary(pkg) {
		return p.libraryFolder(pkg)
	}
	for _, recorded := range p.dirs[pkg] {
		if dir := p.local(recorded); dir != "" && isDir(dir) {
			p.remember(dir, recorded)
			return dir
		}
	}
	real := pkg
	if pkg == "main" {
		real = p.settings.path
	}
	if m := p.moduleOf(real); m != nil {
		below := strings.TrimPrefix(real, m.path)
		for _, root := range []string{m.local, filepath.Join(p.mainRoot, "vendor", m.path)} {
			if dir := filepath.Join(root, below); root != "" && filepath.IsAbs(dir) && isDir(dir) {
				if recorded := p.recordedModule(m); recorded != "" {
					p.remember(dir, recorded+below)
				} else {
					p.remember(dir, dir)
				}
				return dir
			}
		}
	}
	if p.mainRoot != "" && pkg != "main" {
		if dir := filepath.Join(p.mainRoot, "vendor", pkg); isDir(dir) {
			return dir
		}
	}
	return p.besideOthers(pkg)
}

func (p *places) libraryFolder(pkg string) string {
	if p.root.dir == "" {
		return ""
	}
	dir := filepath.Join(p.root.dir, "src", pkg)
	if !isDir(dir) {
		return ""
	}
	switch {
	case p.trimmed:
		p.remember(dir, pkg)
	case p.recordedRoot != "":
		p.remember(dir, path.Join(p.recordedRoot, "src", pkg))
	}
	return dir
}

func (p *places) recordedModule(m *module) string {
	switch {
	case m.recorded != "" || !p.trimmed:
		return m.recorded
	case m.version != "":
		return m.path + "@" + m.version
	}
	return m.path
}

// besideOthers serves layouts that have no modules: what remains of another package's path and folder, once their
// common end is taken off, is where a package without code may begin.
func (p *places) besideOthers(pkg string) string {
	type root struct{ path, dir string }
	seen := map[root]bool{}
	var roots []root
	for other, dirs := range p.dirs {
		if len(dirs) == 0 || other == "main" || p.isLibrary(other) {
			continue
		}
		r := root{other, dirs[0]}
		for r.path != "" && path.Base(r.path) == path.Base(r.dir) {
			r.path, r.dir = strings.TrimPrefix(path.Dir(r.path), "."), path.Dir(r.dir)
		}
		if !seen[r] && (r.path == "" || within(pkg, r.path)) {
			seen[r] = true
			roots = append(roots, r)
		}
	}
	sort.Slice(roots, func(i, j int) bool {
		if len(roots[i].path) != len(roots[j].path) {
			return len(roots[i].path) > len(roots[j].path)
		}
		return roots[i].dir < roots[j].dir
	})
	for _, r := range roots {
		recorded := path.Join(r.dir, strings.TrimPrefix(pkg, r.path))
		if dir := p.local(recorded); dir != "" && isDir(dir) {
			p.remember(dir, recorded)
			return dir
		}
	}
	return ""
}

// imported is the path of the package that an import stands for. Go's library keeps copies of a few modules for
// itself; without modules, each vendor folder on the way up counts.
func (p *places) imported(from, path string, known func(string) bool) string {
	if p.isLibrary(from) {
		prefix := "vendor/"
		if within(from, "cmd") {
			prefix = "cmd/vendor/"
		}
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") {
			return prefix + path
		}
		return path
	}
	if from == "main" {
		from = p.settings.path
	}
	if p.settings.main.Path != "" || !p.vendors {
		return path
	}
	for at := from; at != "" && at != "."; at = strings.TrimPrefix(parentOf(at), ".") {
		if vendored := at + "/vendor/" + path; known(vendored) || p.besideOthers(vendored) != "" {
			return vendored
		}
	}
	return path
}

func parentOf(p string) string { return path.Dir(p) }

// language is the Go version that a package is written for, "" for that of the compiler.
func (p *places) language(pkg string) string {
	found := ""
	if p.isLibrary(pkg) {
		if p.settings.minor > 0 {
			found = "go1." + strconv.Itoa(p.settings.minor)
		}
	} else {
		if pkg == "main" {
			pkg = p.settings.path
		}
		if m := p.moduleOf(pkg); m != nil {
			found = m.goVersion
		}
	}
	// The type checker refuses what is newer than itself.
	if minorOf(found) > helperMinor {
		return ""
	}
	return found
}
