package load

import (
	"context"
	"go/token"
	"os"
	"path"
	"path/filepath"
)

// Text is a file that a program was read from.
type Text struct {
	Recorded string `json:"recorded"`
	Local    string `json:"local"`
	Text     string `json:"text"`
}

// Texts are all files that it takes to read the program again where none of them lies, without what that needs none
// of; see strip. lines are those of recorded files that somebody may want to look at. Files of which nothing tells
// where they were recorded are not among them.
func (p *Program) Texts(ctx context.Context, lines map[string]map[int]bool) ([]Text, error) {
	var found []Text
	add := func(recorded, local string, change func([]byte) []byte) {
		if data, err := os.ReadFile(local); err == nil && path.IsAbs(recorded) {
			found = append(found, Text{recorded, local, string(change(data))})
		}
	}
	same := func(data []byte) []byte { return data }
	for _, pkg := range p.Packages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, local := range p.filesOf(ctx, pkg) {
			recorded := p.Recorded(local)
			add(recorded, local, func(data []byte) []byte { return strip(data, pkg.Bodies, lines[recorded]) })
		}
	}
	for i := range p.places.modules {
		m := &p.places.modules[i]
		if recorded := p.places.recordedModule(m); m.local != "" {
			// They tell the language of the module, and of those that it was vendored with.
			for _, name := range []string{"go.mod", "vendor/modules.txt"} {
				add(path.Join(recorded, name), filepath.Join(m.local, name), same)
			}
		}
	}
	if recorded := p.places.recordedRoot; recorded != "" && p.GoRoot != "" {
		for _, name := range []string{"LICENSE", experimentsFile} {
			add(path.Join(recorded, name), filepath.Join(p.GoRoot, name), same)
		}
		version := versionIn(p.GoRoot)
		if p.SameGo {
			version = p.GoVersion
		}
		if version != "" {
			found = append(found, Text{path.Join(recorded, "VERSION"), filepath.Join(p.GoRoot, "VERSION"), version + "\n"})
		}
	}
	return found, nil
}

// filesOf are the files of a package as its build selected them; those of packages whose types came from the cache are
// looked for again.
func (p *Program) filesOf(ctx context.Context, pkg *Package) []string {
	files, fset := pkg.Files, p.Fset
	if !pkg.Bodies && pkg.Dir != "" {
		again := *p.sources
		again.fset = token.NewFileSet()
		src := &source{path: pkg.Path, dir: pkg.Dir, std: pkg.Std}
		again.readFolder(ctx, src)
		files, fset = src.files, again.fset
	}
	var found []string
	for _, file := range files {
		// A //line directive may name another one.
		local := fset.File(file.Package).Name()
		if filepath.Base(local) != standInFile {
			found = append(found, local)
		}
	}
	return found
}

// Files are those of a package that was read with its functions.
func (p *Program) Files(pkg *Package) []string {
	if !pkg.Bodies {
		return nil
	}
	return p.filesOf(context.Background(), pkg)
}
