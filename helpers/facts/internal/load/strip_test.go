package load

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommentsAreLeftOut(t *testing.T) {
	text := `// Copyright of somebody.
// All rights.

//go:build linux

// Package a is of us.
package a // of us

/* F
does it. */
func F( /* how */ ) { g() } // now

//go:noinline
func g() {}
`
	want := `// Copyright of somebody.
// All rights.

//go:build linux


package a



func F(   ) { g() }

//go:noinline
func g() {}
`
	if got := string(strip([]byte(text), true, nil)); got != want {
		t.Errorf("%s", got)
	}
}

func TestInsidesAreLeftOut(t *testing.T) {
	text := `package a

var few = []int{1}
var many = []int{
	` + strings.Repeat("1, ", 200) + `
}
var counted = [...]string{
	"` + strings.Repeat("x", 300) + `",
}
const table = "" +
	"` + strings.Repeat("x", 300) + `"

func gone(x int) int { // for good
	// Not here either.
	return x
}
func stands() {
	park()
}
func short() { park() }

var literal = func() {
	park()
}
`
	want := `package a

var few = []int{1}
var many = []int{ // not in the kit

}
var counted = [...]string{
	"` + strings.Repeat("x", 300) + `",
}
const table = 
""

func gone(x int) int { // not in the kit


}
func stands() {
	park()
}
func short() { park() }

var literal = func() { // not in the kit

}
`
	if got := string(strip([]byte(text), false, map[int]bool{18: true})); got != want {
		t.Errorf("%s", got)
	}
}

func TestWhatCannotBeReadStaysAsItIs(t *testing.T) {
	for _, text := range []string{"package", "package a\n\nfunc f( {} // comment\n", "package a // comment\r\n"} {
		if got := string(strip([]byte(text), false, nil)); got != text {
			t.Errorf("%q", got)
		}
	}
}

func TestRealFilesKeepTheirLines(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"net/http/server.go", "runtime/proc.go", "unicode/tables.go", "syscall/zerrors_linux_amd64.go", "reflect/type.go"} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "src", name))
		if err != nil {
			t.Fatal(err)
		}
		short := strip(text, false, nil)
		if len(short) >= len(text) || bytes.Count(short, []byte("\n")) != bytes.Count(text, []byte("\n")) {
			t.Errorf("%s: %d bytes of %d", name, len(short), len(text))
		}
	}
}
