package load

import (
	"go/types"
	"path/filepath"
	"slices"
	"testing"
)

// interfacesOf are the interfaces with methods that a package of the library declares, those that are its own too.
func interfacesOf(p *Program, path string) []string {
	var found []string
	scope := p.ByPath[path].Types.Scope()
	for _, name := range scope.Names() {
		if obj, ok := scope.Lookup(name).(*types.TypeName); ok {
			if made, ok := obj.Type().Underlying().(*types.Interface); ok && made.IsMethodSet() {
				found = append(found, name)
			}
		}
	}
	return found
}

// Code of the library asks values for interfaces of its own, whether its types were kept or not.
func TestInterfacesAreKept(t *testing.T) {
	o := Options{Exe: built(t, "app", nil), CacheDir: filepath.Join(t.TempDir(), "cache")}
	made, kept := loaded(t, o), loaded(t, o)
	count := 0
	for _, pkg := range made.Packages {
		if !pkg.Std || pkg.Bodies {
			continue
		}
		a, b := interfacesOf(made, pkg.Path), interfacesOf(kept, pkg.Path)
		if count += len(a); !slices.Equal(a, b) {
			t.Errorf("%s: %v and %v", pkg.Path, a, b)
		}
	}
	if count < 10 {
		t.Errorf("%d interfaces", count)
	}
}
