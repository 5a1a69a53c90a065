package load

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// changed loads the program with sources of its own, of which some were changed.
func changed(t *testing.T, flags []string, change func(app string)) *Program {
	t.Helper()
	dir := workplace(t)
	app := filepath.Join(t.TempDir(), "app")
	copyTree(t, filepath.Join(dir, "app"), app)
	change(app)
	return loaded(t, Options{Exe: built(t, "app", nil, flags...), SourceMap: []Mapping{{filepath.Join(dir, "app"), app}}})
}

func dropped(p *Program, path string) string { return strings.Join(p.ByPath[path].Dropped, " ") }

func edit(t *testing.T, file, from, to string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(from)) {
		t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(file, bytes.Replace(data, []byte(from), []byte(to), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func TestMissingFileCostsWhatUsesIt(t *testing.T) {
	p := changed(t, nil, func(app string) { remove(t, filepath.Join(app, "internal/queue/pair.go")) })
	if want := []string{filepath.Join(workplace(t), "app/internal/queue/pair.go")}; !slices.Equal(p.Missing, want) {
		t.Errorf("missing %v", p.Missing)
	}
	with, without := bodies(p, queuePath)
	if want := []string{queuePath + ".(*Queue[...]).Get", queuePath + ".(*Queue[...]).Put"}; !slices.Equal(with, want) {
		t.Errorf("with bodies %v, without %v, dropped %s", with, without, dropped(p, queuePath))
	}
	if with, _ := bodies(p, "main"); !slices.Contains(with, "main.main") {
		t.Errorf("main: %v, dropped %s", with, dropped(p, "main"))
	}
}

func TestChangedFileHasNoBodies(t *testing.T) {
	file := "internal/queue/pair.go"
	p := changed(t, nil, func(app string) { edit(t, filepath.Join(app, file), "var first", "\n\nvar first") })
	if want := []string{filepath.Join(workplace(t), "app", file)}; !slices.Equal(p.Missing, want) {
		t.Errorf("missing %v", p.Missing)
	}
	with, without := bodies(p, queuePath)
	if want := []string{queuePath + ".newPair", queuePath + ".pair.sum"}; !slices.Equal(without, want) || len(with) != 4 {
		t.Errorf("with bodies %v, without %v", with, without)
	}
}

func TestFileThatCannotBeParsed(t *testing.T) {
	p := changed(t, nil, func(app string) {
		edit(t, filepath.Join(app, "internal/queue/queue.go"), "type Queue", "type type Queue")
	})
	if want := []string{filepath.Join(workplace(t), "app/internal/queue/queue.go")}; !slices.Equal(p.Missing, want) {
		t.Errorf("missing %v", p.Missing)
	}
	if with, _ := bodies(p, queuePath); !slices.Contains(with, queuePath+".newPair") {
		t.Errorf("with bodies %v", with)
	}
	if dropped(p, "main") != "main.main" {
		t.Errorf("dropped %v", dropped(p, "main"))
	}
}

// A literal that moved shows that the file was changed, even if no function with a name did.
func TestChangeAtTheEndOfAFile(t *testing.T) {
	p := changed(t, nil, func(app string) {
		edit(t, filepath.Join(app, "main.go"), "\tgo func() { fmt", "\n\tgo func() { fmt")
	})
	_, without := bodies(p, "main")
	if p.ByPath["main"].Absent == "" && !slices.Contains(without, "main.main") {
		t.Error("main.main still has its body")
	}
}

func TestPackageThatIsNotHere(t *testing.T) {
	p := changed(t, nil, func(app string) {
		remove(t, filepath.Join(app, "internal/queue"))
		remove(t, filepath.Join(app, "internal/words"))
	})
	for _, path := range []string{queuePath, "example.com/app/internal/words"} {
		if pkg := p.ByPath[path]; pkg.Absent == "" || pkg.Bodies {
			t.Errorf("%+v", pkg)
		}
	}
	if dropped(p, "main") != "main.main" {
		t.Errorf("dropped %v", p.ByPath["main"].Dropped)
	}
	if with, _ := bodies(p, "main"); !slices.Equal(with, []string{"main.tagged"}) {
		t.Errorf("with bodies %v", with)
	}
	if len(p.Missing) != 2 {
		t.Errorf("missing %v", p.Missing)
	}
}

// Types of a package that is not here are declared as they are used, so that what has them for fields remains.
func TestTypesOfAbsentPackagesStandIn(t *testing.T) {
	p := changed(t, nil, func(app string) { remove(t, filepath.Join(app, "internal/words")) })
	with, without := bodies(p, queuePath)
	if len(with) != 6 || len(without) != 0 {
		t.Errorf("with bodies %v, without %v", with, without)
	}
	if dropped(p, "main") != "main.main" {
		t.Errorf("dropped %v", p.ByPath["main"].Dropped)
	}
	for _, pkg := range p.Packages {
		for _, file := range p.Files(pkg) {
			if !isFile(file) {
				t.Errorf("%s is said to have been read", file)
			}
		}
	}
}

func TestNothingIsHere(t *testing.T) {
	p := changed(t, nil, func(app string) { remove(t, app) })
	if main := p.ByPath["main"]; main.Absent == "" {
		t.Errorf("%+v", main)
	}
	if p.ByPath["sync"].Absent != "" || len(p.Missing) == 0 {
		t.Errorf("sync %q, missing %v", p.ByPath["sync"].Absent, p.Missing)
	}
}

func TestTrimmedProgramWhoseSourcesNobodyKnows(t *testing.T) {
	dir := workplace(t)
	built := built(t, "app", nil, "-trimpath")
	p := loaded(t, Options{Exe: built})
	if p.ByPath["main"].Absent == "" {
		t.Error("main was found")
	}
	// Beside its module, an executable's sources are found.
	beside := filepath.Join(t.TempDir(), "app")
	copyTree(t, filepath.Join(dir, "app"), beside)
	copyTree(t, filepath.Join(dir, "dep"), filepath.Join(filepath.Dir(beside), "dep"))
	copyTree(t, built, filepath.Join(beside, "bin", "app"))
	whole(t, loaded(t, Options{Exe: filepath.Join(beside, "bin", "app")}))
}

func TestGoOfAnotherVersionServesForTypes(t *testing.T) {
	p0 := loaded(t, Options{Exe: built(t, "app", nil)})
	root := t.TempDir()
	if err := os.Symlink(filepath.Join(p0.GoRoot, "src"), filepath.Join(root, "src")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "VERSION"), []byte("go1.3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := loaded(t, Options{Exe: built(t, "app", nil), GoRoot: root})
	if p.SameGo || p.ByPath["sync"].Bodies || p.ByPath["sync"].Absent != "" {
		t.Errorf("%+v", p.ByPath["sync"])
	}
	if with, _ := bodies(p, queuePath); len(with) != 6 {
		t.Errorf("with bodies %v", with)
	}
}

func TestNoGoAtAll(t *testing.T) {
	p := loaded(t, Options{Exe: built(t, "app", nil), GoRoot: t.TempDir()})
	if p.ByPath["fmt"].Absent == "" {
		t.Error("fmt was found")
	}
	if with, _ := bodies(p, queuePath); slices.Contains(with, queuePath+".(*Queue[...]).Put") || !slices.Contains(with, queuePath+".newPair") {
		t.Errorf("with bodies %v", with)
	}
}

// The second load takes types from the cache, and what is damaged there is made again.
func TestCache(t *testing.T) {
	exe, dir := built(t, "app", nil), t.TempDir()
	o := Options{Exe: exe, CacheDir: dir}
	first := loaded(t, o)
	files, err := filepath.Glob(filepath.Join(dir, "types", "*", "*"))
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	second := loaded(t, o)
	whole(t, second)
	if len(first.Packages) != len(second.Packages) {
		t.Errorf("%d packages and %d", len(first.Packages), len(second.Packages))
	}
	for _, pkg := range first.Packages {
		other := second.ByPath[pkg.Path]
		if !slices.Equal(pkg.Types.Scope().Names(), other.Types.Scope().Names()) && pkg.Bodies {
			t.Errorf("%s has other names", pkg.Path)
		}
	}
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch i % 5 {
		case 0:
			data = data[:len(data)/2]
		case 1:
			data = nil
		case 2:
			data = bytes.Clone(data)
			data[len(data)-1] ^= 0xff
		case 3:
			data = append([]byte("{}\n"), data...)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole(t, loaded(t, o))
	c := &cache{filepath.Dir(files[0])}
	for _, pkg := range first.Packages {
		if pkg.Std && !pkg.Bodies && c.load(pkg.Path, folderStamp(pkg.Dir)) == nil {
			t.Errorf("%s was not written again", pkg.Path)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "types", "*", ".new-*")); len(left) > 0 {
		t.Errorf("%v are left over", left)
	}
}

// Export data that is whole, and wrong all the same.
func TestCacheThatCannotBeDecoded(t *testing.T) {
	exe, dir := built(t, "app", nil), t.TempDir()
	o := Options{Exe: exe, CacheDir: dir}
	loaded(t, o)
	files, _ := filepath.Glob(filepath.Join(dir, "types", "*", "*"))
	c := &cache{filepath.Dir(files[0])}
	for _, pkg := range []string{"errors", "io", "fmt"} {
		head, err := os.ReadFile(c.file(pkg))
		if err != nil {
			t.Fatal(err)
		}
		line, data, _ := bytes.Cut(head, []byte("\n"))
		wrong := bytes.Clone(data)
		for i := len(wrong) / 2; i < len(wrong); i++ {
			wrong[i] = 0xff
		}
		line = bytes.Replace(line, []byte(sumOf(data)), []byte(sumOf(wrong)), 1)
		if err := os.WriteFile(c.file(pkg), append(append(line, '\n'), wrong...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole(t, loaded(t, o))
}

// Library packages with bodies and without may depend on each other in any order.
func TestLibraryBodiesAndCachedTypesAgree(t *testing.T) {
	exe, dir := built(t, "app", nil), t.TempDir()
	for _, wanted := range [][]string{{"io", "time"}, {"internal/reflectlite", "unicode/utf8", "os"}, {"errors", "sync/atomic", "fmt"}, {"reflect", "internal/poll"}, {}} {
		// What the cache has was made by loads that wanted other packages.
		p := loaded(t, Options{Exe: exe, CacheDir: dir, Bodies: func(path string) bool { return slices.Contains(wanted, path) }})
		for _, path := range wanted {
			if !p.ByPath[path].Bodies || len(p.ByPath[path].Dropped) > 0 {
				t.Errorf("%s: %+v", path, p.ByPath[path])
			}
		}
	}
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), Options{Exe: built(t, "app", nil), CacheDir: filepath.Join(file, "below")}); err != nil {
		t.Error(err)
	}
}
