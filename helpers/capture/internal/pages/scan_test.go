package pages

import (
	"os"
	"reflect"
	"syscall"
	"testing"
	"unsafe"
)

// dotted is memory of this program of which every second page has content.
func dotted(t *testing.T, count uint64) (memory []byte, from, to uint64) {
	t.Helper()
	memory, err := syscall.Mmap(-1, 0, int(count*Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	const noHugePages = 15
	_ = syscall.Madvise(memory, noHugePages)
	for page := uint64(0); page < count; page += 2 {
		memory[page*Size] = 1
	}
	from = uint64(uintptr(unsafe.Pointer(&memory[0])))
	return memory, from, from + count*Size
}

func scanner(t *testing.T) *Scanner {
	t.Helper()
	found, err := OpenScanner(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(found.Close)
	return found
}

func runsOf(pieces []Piece) Runs {
	runs := Runs{}
	for _, piece := range pieces {
		runs = append(runs, piece.Run)
	}
	return runs
}

// The kernel's own buffer has 512 pieces, and this program asks for 4096 at once.
func TestManyPiecesAreFoundOnce(t *testing.T) {
	scanner := scanner(t)
	for _, count := range []uint64{2, 1022, 1024, 1026, 3000, 8190, 8192, 8194, 20_000} {
		_, from, to := dotted(t, count)
		expected := Runs{}
		for at := from; at < to; at += 2 * Size {
			expected = append(expected, Run{at, at + Size})
		}
		for _, scans := range []bool{scanner.scans, false} {
			by := Scanner{file: scanner.file, scans: scans}
			pieces, err := by.Scan(from, to, true, nil)
			if err != nil {
				t.Fatal(err)
			}
			if found := runsOf(pieces); !reflect.DeepEqual(found, expected) {
				t.Errorf("of %d pieces %d were found (by PAGEMAP_SCAN: %v)", len(expected), len(found), scans)
			}
		}
	}
}

func TestPagesOfZerosAreToldApart(t *testing.T) {
	scanner := scanner(t)
	if !scanner.scans {
		t.Skip("the kernel has no PAGEMAP_SCAN")
	}
	memory, from, to := dotted(t, 4)
	if memory[Size] != 0 {
		t.Fatal("a new page is not zero")
	}
	pieces, err := scanner.Scan(from, to, false, nil)
	if err != nil || len(pieces) != 3 {
		t.Fatalf("%v %v", pieces, err)
	}
	for i, isZero := range []bool{false, true, false} {
		if (pieces[i].Flags&Zero != 0) != isZero {
			t.Errorf("page %d: %b", i, pieces[i].Flags)
		}
	}
}
