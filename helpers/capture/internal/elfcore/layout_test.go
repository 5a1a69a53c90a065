package elfcore

import (
	"bytes"
	"debug/elf"
	"reflect"
	"testing"

	"capture/internal/hold"
	"capture/internal/pages"
	"capture/internal/process"
)

const page = 0x1000

func whole(mapping process.Mapping) uint64 { return mapping.To - mapping.From }

func mapping(from, to uint64) process.Mapping {
	return process.Mapping{From: from * page, To: to * page, Readable: true, Writable: true}
}

func TestWhatHasAPlaceKeepsIt(t *testing.T) {
	layout := NewLayout(1)
	layout.Extend(pages.Runs{{From: 4 * page, To: 6 * page}})
	first := layout.Place(5 * page)
	layout.Extend(pages.Runs{{From: 1 * page, To: 9 * page}})
	if layout.Place(5*page) != first {
		t.Error("it has moved")
	}
	seen := map[int64]bool{}
	for at := uint64(1); at < 9; at++ {
		place := layout.Place(at*page + 7)
		if place%page != 7 || place < headerSize || place >= layout.End() || seen[place] {
			t.Errorf("page %d lies at %d", at, place)
		}
		seen[place] = true
	}
	var sum uint64
	last := int64(0)
	for _, run := range layout.ByPlace() {
		if place := layout.Place(run.From); place <= last {
			t.Errorf("%x lies at %d, behind what lies at %d", run.From, place, last)
		} else {
			last = place
		}
		sum += run.To - run.From
	}
	if sum != 8*page {
		t.Errorf("%d bytes have places", sum)
	}
}

func TestMappingsAreCutWherePlacesAre(t *testing.T) {
	layout := NewLayout(3)
	layout.Extend(pages.Runs{{From: 4 * page, To: 6 * page}})
	layout.Extend(pages.Runs{{From: 2 * page, To: 9 * page}})
	segments, err := layout.Segments([]process.Mapping{mapping(2, 9), mapping(20, 30)}, func(m process.Mapping) uint64 {
		if m.From == 20*page {
			return 0
		}
		return whole(m)
	})
	if err != nil {
		t.Fatal(err)
	}
	type cut struct{ From, To, InFile uint64 }
	var found []cut
	for _, segment := range segments {
		found = append(found, cut{segment.From / page, segment.To / page, segment.InFile / page})
		if segment.InFile > 0 && layout.Place(segment.From) != segment.Place {
			t.Errorf("the segment of %x lies at %d", segment.From, segment.Place)
		}
	}
	if expected := []cut{{2, 4, 2}, {4, 6, 2}, {6, 9, 3}, {20, 30, 0}}; !reflect.DeepEqual(found, expected) {
		t.Errorf("%v, want %v", found, expected)
	}
}

func TestMoreSegmentsThanThereIsRoomForAreRefused(t *testing.T) {
	layout := NewLayout(0)
	var mappings []process.Mapping
	for at := uint64(1); at < 2*(spare+1); at += 2 {
		mappings = append(mappings, mapping(at, at+1))
	}
	if _, err := layout.Segments(mappings, func(process.Mapping) uint64 { return 0 }); err == nil {
		t.Error("they were taken")
	}
}

func TestOthersReadTheCore(t *testing.T) {
	layout := NewLayout(1)
	layout.Extend(pages.Runs{{From: 4 * page, To: 6 * page}})
	segments, err := layout.Segments([]process.Mapping{mapping(4, 6)}, whole)
	if err != nil {
		t.Fatal(err)
	}
	owner := Owner{pid: 7, stat: process.Stat{Name: "a very long name of a program", State: 'S', Parent: 1}, arguments: []byte("server\x00-x\x00")}
	threads := []hold.Thread{
		{ID: 7, Registers: make([]byte, 27*8), Sets: []hold.RegisterSet{{Note: hold.NoteFloatingPoint, Bytes: make([]byte, 512)}}},
		{ID: 9, Registers: make([]byte, 27*8)},
	}
	file := process.Mapping{From: 8 * page, To: 9 * page, Offset: 2 * page, Inode: 5, Name: "/app/server"}
	notes := Notes(owner, threads, []process.Mapping{mapping(4, 6), file})
	text := make([]byte, layout.End())
	copy(text, Header(segments, layout.End(), len(notes)))
	text[layout.Place(5*page)] = 42
	text = append(text, notes...)

	core, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if core.Type != elf.ET_CORE || core.Machine != machine || len(core.Progs) != 2 {
		t.Fatalf("%v with %d segments", core.FileHeader, len(core.Progs))
	}
	load := core.Progs[1]
	content := make([]byte, 2*page)
	if _, err := load.ReadAt(content, 0); err != nil || content[page] != 42 || load.Vaddr != 4*page || load.Memsz != 2*page {
		t.Errorf("%+v: %v", load.ProgHeader, err)
	}
	kinds := noteKinds(t, core.Progs[0], core)
	expected := []uint32{notePrStatus, notePrPsInfo, noteAuxv, noteFile, hold.NoteFloatingPoint, notePrStatus}
	if !reflect.DeepEqual(kinds, expected) {
		t.Errorf("notes %x, want %x", kinds, expected)
	}
}

func noteKinds(t *testing.T, notes *elf.Prog, core *elf.File) (kinds []uint32) {
	t.Helper()
	text := make([]byte, notes.Filesz)
	if _, err := notes.ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	for len(text) > 0 {
		name, size := core.ByteOrder.Uint32(text), core.ByteOrder.Uint32(text[4:])
		kinds = append(kinds, core.ByteOrder.Uint32(text[8:]))
		text = text[12+(name+3)&^3+(size+3)&^3:]
	}
	return kinds
}

func TestSizesAreTheKernels(t *testing.T) {
	// struct elf_prpsinfo, and struct elf_prstatus around its registers, of 64-bit Linux (linux/elfcore.h).
	if size := len(prPsInfo(Owner{})); size != 136 {
		t.Errorf("elf_prpsinfo has %d bytes", size)
	}
	if size := len(prStatus(hold.Thread{Registers: make([]byte, 27*8)}, process.Stat{})); size != 336 {
		t.Errorf("elf_prstatus has %d bytes", size)
	}
}
