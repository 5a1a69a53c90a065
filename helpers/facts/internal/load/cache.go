package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/build"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

// formatOfCache changes with what is written; helpers of other formats keep their own files.
const formatOfCache = 2

// cache keeps the types of library packages, one file each: a line that says what it is, and export data. Whatever
// is wrong with a file, it is as if it were not there.
type cache struct {
	dir string
}

// cached is a file of the cache.
type cached struct {
	Path    string            `json:"path"`
	Name    string            `json:"name"`
	Stamp   string            `json:"stamp"`
	Imports map[string]string `json:"imports"`
	Sum     string            `json:"sum"` // of what follows
	data    []byte
}

// openCache gives the folder for one Go and one way of building. nil when nothing is to be kept: parts of a Go, as kits
// and runs have them, serve one program only.
func openCache(dir string, root goRoot, c build.Context, version string) *cache {
	if dir == "" || root.dir == "" || !isDir(filepath.Join(root.dir, "src", "cmd")) {
		return nil
	}
	key := sha256.New()
	fmt.Fprintln(key, formatOfCache, toolsVersion(), runtime.Version(), version, versionIn(root.dir), root.dir, c.GOOS, c.GOARCH, c.CgoEnabled, c.BuildTags, c.ToolTags, c.ReleaseTags)
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == os.PathSeparator {
			return '-'
		}
		return r
	}, versionIn(root.dir))
	if name == "" {
		name = "go"
	}
	return &cache{filepath.Join(dir, "types", name+"-"+c.GOOS+"-"+c.GOARCH+"-"+hex.EncodeToString(key.Sum(nil)[:8]))}
}

// toolsVersion is that of the module which writes export data; its format may change with it.
func toolsVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "golang.org/x/tools" {
				return dep.Version
			}
		}
	}
	return ""
}

// folderStamp changes when files of a folder are put in or replaced: a distribution may mend a Go without a new version.
func folderStamp(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	return info.ModTime().UTC().Format("20060102T150405.000000000")
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (c *cache) file(pkg string) string {
	return filepath.Join(c.dir, strings.ReplaceAll(pkg, "/", "@"))
}

func (c *cache) load(pkg, stamp string) *cached {
	all, err := os.ReadFile(c.file(pkg))
	if err != nil {
		return nil
	}
	head, data, ok := bytes.Cut(all, []byte("\n"))
	var found cached
	if !ok || json.Unmarshal(head, &found) != nil || found.Path != pkg || found.Stamp != stamp || found.Name == "" {
		return nil
	}
	if sumOf(data) != found.Sum {
		return nil
	}
	if found.Imports == nil {
		found.Imports = map[string]string{}
	}
	found.data = data
	return &found
}

// drop removes a file that could not be read after all.
func (c *cache) drop(pkg string) { _ = os.Remove(c.file(pkg)) }

// keptInterfaces cannot be the name of anything in a source, but counts as exported.
const keptInterfaces = "Interfaces that are kept"

// keepInterfaces adds a variable that refers to the interfaces which a package keeps for itself: export data has only
// what exported names lead to, and code of the library asks values for those as well.
func keepInterfaces(pkg *types.Package) {
	if pkg == nil {
		return
	}
	var fields []*types.Var
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		object, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || object.Exported() || object.IsAlias() {
			continue
		}
		named, ok := object.Type().(*types.Named)
		if !ok || named.TypeParams().Len() > 0 {
			continue
		}
		if made, ok := named.Underlying().(*types.Interface); ok && made.IsMethodSet() {
			fields = append(fields, types.NewField(object.Pos(), pkg, name, named, false))
		}
	}
	if len(fields) > 0 {
		scope.Insert(types.NewVar(fields[0].Pos(), pkg, keptInterfaces, types.NewStruct(fields, nil)))
	}
}

// store never leaves half a file under the final name, whoever else writes it. That it fails matters to nobody but
// the next load.
func (c *cache) store(src *source, fset *token.FileSet, pkg *types.Package) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%s: %v", src.path, x)
		}
	}()
	var data bytes.Buffer
	if err := gcexportdata.Write(&data, fset, pkg); err != nil {
		return err
	}
	head, err := json.Marshal(cached{Path: src.path, Name: src.name, Stamp: src.stamp, Imports: src.imports, Sum: sumOf(data.Bytes())})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(c.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(append(append(head, '\n'), data.Bytes()...))
	if err2 := temporary.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), c.file(src.path))
}
