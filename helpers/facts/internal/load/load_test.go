package load

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	queuePath = "example.com/app/internal/queue"
	depPath   = "example.com/Dep.v2"
)

// whole fails unless everything of the program was found and type-checked.
func whole(t *testing.T, p *Program) {
	t.Helper()
	for _, pkg := range p.Packages {
		if pkg.Absent != "" || len(pkg.Dropped) > 0 {
			t.Errorf("%s: absent %q, dropped %v", pkg.Path, pkg.Absent, pkg.Dropped)
		}
		if want := !pkg.Std || pkg.Path == "sync" || pkg.Path == "context"; pkg.Bodies != want {
			t.Errorf("%s: bodies %v", pkg.Path, pkg.Bodies)
		}
	}
	if len(p.Missing) > 0 {
		t.Errorf("missing %v", p.Missing)
	}
	for _, path := range []string{"main", queuePath, depPath, depPath + "/only", "example.com/app/internal/words", "sync", "fmt"} {
		if p.ByPath[path] == nil {
			t.Errorf("%s was not loaded", path)
		}
	}
	with, without := bodies(p, queuePath)
	if want := "Generated New[...] (*Queue[...]).Get (*Queue[...]).Put newPair pair.sum"; len(with) != len(strings.Fields(want)) || len(without) != 0 {
		t.Errorf("functions %v, without bodies %v", with, without)
	}
}

// vendored is the program with a vendor folder.
func vendored(t *testing.T) string {
	t.Helper()
	dir := workplace(t)
	if isDir(filepath.Join(dir, "vendored")) {
		return "vendored"
	}
	run(t, filepath.Join(dir, "app"), nil, "mod", "vendor", "-o", filepath.Join(dir, "vendored", "vendor"))
	for _, name := range []string{"go.mod", "main.go", "tag_off.go", "internal"} {
		copyTree(t, filepath.Join(dir, "app", name), filepath.Join(dir, "vendored", name))
	}
	return "vendored"
}

func TestPrograms(t *testing.T) {
	dir := workplace(t)
	vendored(t)
	trimmed := []Mapping{{"example.com/app", filepath.Join(dir, "app")}}
	for _, one := range []struct {
		name    string
		folder  string
		env     []string
		flags   []string
		options Options
		main    string // where main.main was recorded
	}{
		{name: "plain", folder: "app", main: filepath.Join(dir, "app/main.go")},
		{name: "stripped", folder: "app", flags: []string{"-ldflags=-s -w"}, main: filepath.Join(dir, "app/main.go")},
		{name: "position-independent", folder: "app", flags: []string{"-buildmode=pie"}, main: filepath.Join(dir, "app/main.go")},
		{name: "trimmed", folder: "app", flags: []string{"-trimpath"}, options: Options{SourceMap: trimmed}, main: "example.com/app/main.go"},
		{name: "vendored", folder: "vendored", flags: []string{"-mod=vendor"}, main: filepath.Join(dir, "vendored/main.go")},
		{name: "vendored and trimmed", folder: "vendored", flags: []string{"-mod=vendor", "-trimpath"},
			options: Options{SourceMap: []Mapping{{"example.com/app", filepath.Join(dir, "vendored")}}}, main: "example.com/app/main.go"},
		{name: "workspace", folder: "app", env: []string{"GOWORK=" + filepath.Join(dir, "work/go.work")}, main: filepath.Join(dir, "app/main.go")},
		{name: "other architecture", folder: "app", env: []string{"GOARCH=arm64"}, main: filepath.Join(dir, "app/main.go")},
	} {
		t.Run(one.name, func(t *testing.T) {
			o := one.options
			o.Exe = built(t, one.folder, one.env, one.flags...)
			p := loaded(t, o)
			whole(t, p)
			main := p.Functions["main.main"]
			if main.File != one.main || main.Line != 13 || main.Entry == 0 {
				t.Errorf("main.main is %+v", main)
			}
			local := p.places.local(main.File)
			if !isFile(local) || p.Recorded(local) != main.File {
				t.Errorf("%s lies in %q, which was recorded as %q", main.File, local, p.Recorded(local))
			}
			if one := p.Functions["sync.(*Mutex).Lock"]; !isFile(p.places.local(one.File)) || p.Recorded(p.places.local(one.File)) != one.File {
				t.Errorf("Lock is %+v", one)
			}
			if generated := p.Functions[queuePath+".Generated"]; filepath.Base(generated.File) != "grammar.y" || generated.Line != 8 {
				t.Errorf("Generated is %+v", generated)
			}
			if !p.Linked("main.tagged") || p.Linked("main.nothing") || !p.Linked(queuePath+".(*Queue[...]).Put") {
				t.Error("wrong about what is linked")
			}
			if tagged := p.Functions["main.tagged"]; tagged.Entry != 0 || filepath.Base(tagged.File) != "tag_off.go" {
				t.Errorf("tagged is %+v", tagged)
			}
			if version := p.ByPath[queuePath].Types.GoVersion(); version != "go1.21" {
				t.Errorf("written for %s", version)
			}
		})
	}
}

func TestBuildTagsOfTheProgramCount(t *testing.T) {
	p := loaded(t, Options{Exe: built(t, "app", nil, "-tags=special")})
	whole(t, p)
	if tagged := p.Functions["main.tagged"]; filepath.Base(tagged.File) != "tag_on.go" {
		t.Errorf("tagged is %+v", tagged)
	}
}

// The entries are addresses as linked: those of the symbol table, where there is one.
func TestEntriesAreAddresses(t *testing.T) {
	for _, flags := range [][]string{nil, {"-buildmode=pie"}} {
		exe := built(t, "app", nil, flags...)
		out, err := exec.Command("go", "tool", "nm", exe).Output()
		if err != nil {
			t.Fatal(err)
		}
		p := loaded(t, Options{Exe: exe})
		compared := 0
		for _, line := range strings.Split(string(out), "\n") {
			fields := strings.Fields(line)
			if len(fields) == 3 && (fields[2] == "main.main" || fields[2] == "runtime.mallocgc") {
				compared++
				if want := p.Functions[fields[2]].Entry; strings.TrimLeft(fields[0], "0") != asHex(want) {
					t.Errorf("%s is at %s, not %#x", fields[2], fields[0], want)
				}
			}
		}
		if compared != 2 {
			t.Errorf("%d symbols compared", compared)
		}
	}
}

func asHex(n uint64) string {
	var b []byte
	for ; n > 0; n >>= 4 {
		b = append(b, "0123456789abcdef"[n&15])
	}
	slices.Reverse(b)
	return string(b)
}

func TestCgo(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	for _, flags := range [][]string{nil, {"-ldflags=-s -w"}, {"-buildmode=pie", "-ldflags=-s -w"}} {
		p := loaded(t, Options{Exe: built(t, "cgo", []string{"CGO_ENABLED=1"}, flags...)})
		if main := p.ByPath["main"]; !main.Bodies || len(p.Missing) > 0 {
			t.Errorf("%+v, missing %v", main, p.Missing)
		}
		with, without := bodies(p, "main")
		if !slices.Equal(with, []string{"main.lock", "main.main"}) || !slices.Equal(without, []string{"main.call"}) {
			t.Errorf("with bodies %v, without %v", with, without)
		}
	}
}

func TestTestExecutable(t *testing.T) {
	p := loaded(t, Options{Exe: built(t, "app", nil, "-c", "./internal/queue")})
	with, _ := bodies(p, queuePath)
	if !slices.Contains(with, queuePath+".TestQueue") || slices.Contains(with, queuePath+".TestOutside") {
		t.Errorf("%v", with)
	}
	if with, _ := bodies(p, queuePath+"_test"); !slices.Equal(with, []string{queuePath + "_test.TestOutside"}) {
		t.Errorf("%v", with)
	}
	if main := p.ByPath["main"]; main == nil || main.Absent == "" {
		t.Errorf("%+v", main)
	}
}

func TestLoadIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, Options{Exe: built(t, "app", nil)}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatIsNoProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), Options{Exe: file}); err == nil {
		t.Error("no error")
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestProgramWithoutModules(t *testing.T) {
	root := t.TempDir()
	unpack(t, root, oldSources)
	exe := filepath.Join(root, "old")
	run(t, filepath.Join(root, "src/example.com/old"), []string{"GO111MODULE=off", "GOPATH=" + root}, "build", "-o", exe)
	p := loaded(t, Options{Exe: exe})
	for _, pkg := range p.Packages {
		if pkg.Absent != "" || len(pkg.Dropped) > 0 {
			t.Errorf("%s: absent %q, dropped %v", pkg.Path, pkg.Absent, pkg.Dropped)
		}
	}
	for _, path := range []string{"main", "example.com/old/types", "example.com/old/vendor/example.com/lib", "example.com/old/vendor/example.com/lib/alias", "example.com/other/sub"} {
		if pkg := p.ByPath[path]; pkg == nil || !pkg.Bodies {
			t.Errorf("%s: %+v", path, pkg)
		}
	}
	if len(p.Missing) > 0 {
		t.Errorf("missing %v", p.Missing)
	}
}

// Whatever is wrong with a function table, it is read as far as it goes, or refused.
func TestDamagedExecutable(t *testing.T) {
	whole, err := os.ReadFile(built(t, "app", nil))
	if err != nil {
		t.Fatal(err)
	}
	table, err := readTable(built(t, "app", nil))
	if err != nil {
		t.Fatal(err)
	}
	begin := bytes.Index(whole, table.data[:256])
	exe := filepath.Join(t.TempDir(), "exe")
	for i := range 24 {
		damaged := bytes.Clone(whole)
		// A stretch of the header or of one of the tables behind it.
		at := begin + 8*i
		if i >= 8 {
			at = begin + (i-7)*len(table.data)/20
		}
		for j := range 64 {
			damaged[at+j] ^= byte(0x5a + i)
		}
		if err := os.WriteFile(exe, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if table, err := readTable(exe); err == nil {
			_, _ = table.functions(context.Background())
		}
	}
}
