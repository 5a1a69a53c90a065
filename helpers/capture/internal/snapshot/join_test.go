package snapshot

import (
	"reflect"
	"testing"

	"capture/internal/pages"
	"capture/internal/process"
)

func TestLargePagesAreMadeOfMemoryThatIsThereWhole(t *testing.T) {
	piece := func(from, to uint64, flags pages.Flags) pages.Piece {
		return pages.Piece{Run: pages.Run{From: from, To: to}, Flags: pages.There | flags}
	}
	private := func(from, to uint64) process.Mapping {
		return process.Mapping{From: from, To: to, Readable: true, Writable: true}
	}
	ofFile := private(40*largePage, 42*largePage)
	ofFile.Inode = 7
	shared := private(50*largePage, 52*largePage)
	shared.Shared = true
	of := selection{
		mappings: []process.Mapping{private(0, 10*largePage), private(10*largePage, 12*largePage), ofFile, shared},
		pieces: []pages.Piece{
			// Two that differ in what is known of them, and are there whole together.
			piece(4096, largePage+8192, pages.Written),
			piece(largePage+8192, 3*largePage, 0),
			piece(3*largePage, 4*largePage, pages.Zero),
			// The middle of one is missing.
			piece(5*largePage, 6*largePage-4096, 0),
			piece(6*largePage, 12*largePage, 0),
			piece(40*largePage, 42*largePage, 0),
			piece(50*largePage, 52*largePage, 0),
		},
	}
	want := pages.Runs{{From: largePage, To: 3 * largePage}, {From: 6 * largePage, To: 12 * largePage}}
	if got := wholeLargePages(of); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
