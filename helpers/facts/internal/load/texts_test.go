package load

import (
	"context"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where there are only the texts, the same is read of them as of the files.
func TestTextsAreEnough(t *testing.T) {
	for name, flags := range map[string][]string{"built": nil, "vendored": {"-mod=vendor"}} {
		t.Run(name, func(t *testing.T) {
			folder := "app"
			if name == "vendored" {
				folder = vendored(t)
			}
			exe := built(t, folder, nil, flags...)
			here := loaded(t, Options{Exe: exe})
			texts, err := here.Texts(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, one := range texts {
				path := filepath.Join(dir, one.Recorded)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(one.Text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			cache := t.TempDir()
			there := loaded(t, Options{
				Exe: exe, SourceMap: []Mapping{{"/", dir}}, CacheDir: cache, ModCache: t.TempDir(), OtherGoRoot: here.GoRoot,
			})
			whole(t, there)
			if !there.SameGo || !strings.HasPrefix(there.GoRoot, dir) {
				t.Errorf("read with %s", there.GoRoot)
			}
			compare(t, here, there)
			if kept, _ := os.ReadDir(cache); len(kept) > 0 {
				t.Errorf("types of a part of a Go were kept: %v", kept)
			}
		})
	}
}

func compare(t *testing.T, here, there *Program) {
	t.Helper()
	if len(here.Packages) != len(there.Packages) {
		t.Errorf("%d packages and %d", len(here.Packages), len(there.Packages))
	}
	for _, one := range here.Packages {
		other := there.ByPath[one.Path]
		if other == nil {
			t.Errorf("%s is not there", one.Path)
			continue
		}
		if one.Types.GoVersion() != other.Types.GoVersion() && one.Bodies {
			t.Errorf("%s: for %s and %s", one.Path, one.Types.GoVersion(), other.Types.GoVersion())
		}
		for _, name := range one.Types.Scope().Names() {
			a := one.Types.Scope().Lookup(name)
			b := other.Types.Scope().Lookup(name)
			if b == nil {
				if a.Exported() {
					t.Errorf("%s.%s is not there", one.Path, name)
				}
			} else if c, ok := a.(*types.Const); !ok || !isLong(c) {
				if x, y := types.ObjectString(a, nil), types.ObjectString(b, nil); x != y {
					t.Errorf("%s: %s and %s", one.Path, x, y)
				}
			}
		}
		with, without := bodies(here, one.Path)
		with2, without2 := bodies(there, one.Path)
		if !slices.Equal(with, with2) || !slices.Equal(without, without2) {
			t.Errorf("%s: bodies of %v and %v", one.Path, with, with2)
		}
	}
}

func isLong(c *types.Const) bool { return len(c.Val().ExactString()) > longValue }

func TestGoAtHandIsUsedIfItIsTheProgramsOwn(t *testing.T) {
	// Nothing tells where the program's own lay.
	exe := built(t, "app", nil, "-trimpath")
	real := loaded(t, Options{Exe: exe}).GoRoot
	other := t.TempDir()
	if err := os.Symlink(filepath.Join(real, "src"), filepath.Join(other, "src")); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"go1.3": real, versionIn(real): other} {
		if err := os.WriteFile(filepath.Join(other, "VERSION"), []byte(version+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if p := loaded(t, Options{Exe: exe, OtherGoRoot: other}); p.GoRoot != want || !p.SameGo {
			t.Errorf("with %s: %s", version, p.GoRoot)
		}
	}
}
