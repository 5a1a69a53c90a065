package snapshot

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"capture/internal/copying"
	"capture/internal/pages"
	"capture/internal/process"
)

// Bits of /proc/PID/coredump_filter (core(5)).
const (
	dumpAnonymous       = 1 << 0
	dumpSharedAnonymous = 1 << 1
	dumpFiles           = 1 << 2
	dumpSharedFiles     = 1 << 3
	dumpHeaders         = 1 << 4
	dumpByDefault       = 0x33
)

// rules decide what of a process goes into its core: what the kernel would take, by the process's own wishes, but of
// shared memory only the pages that the process has looked at.
type rules struct {
	filter    uint64
	notDumped map[uint64]bool
}

func rulesOf(pid int) rules {
	filter := uint64(dumpByDefault)
	if text, err := os.ReadFile(process.Path(pid, "coredump_filter")); err == nil {
		if value, err := strconv.ParseUint(strings.TrimSpace(string(text)), 16, 64); err == nil {
			filter = value
		}
	}
	return rules{filter: filter, notDumped: process.NotDumped(pid)}
}

// selection is what of the mappings goes into the core.
type selection struct {
	mappings []process.Mapping
	// inFile is how much of the mapping that begins there the core has, holes included.
	inFile map[uint64]uint64
	rooms  pages.Runs
	pieces []pages.Piece
}

func (s selection) wanted() pages.Runs {
	var runs pages.Runs
	for _, piece := range s.pieces {
		if piece.Flags&pages.Zero == 0 {
			runs = runs.Add(piece.From, piece.To)
		}
	}
	return runs
}

func (s selection) has(mapping process.Mapping) uint64 { return s.inFile[mapping.From] }

// choose looks at all mappings as they are now. What there is of shared memory is told by a scanner of its own: a child
// that was just made has not looked at any of it.
func choose(pid int, rules rules, scanner, shared *pages.Scanner, reader *copying.Reader) (selection, error) {
	mappings, err := process.Maps(pid)
	if err != nil {
		return selection{}, err
	}
	chosen := selection{inFile: map[uint64]uint64{}}
	for _, mapping := range mappings {
		if mapping.KernelOwned() {
			continue
		}
		chosen.mappings = append(chosen.mappings, mapping)
		by := scanner
		if mapping.Shared {
			by = shared
		}
		size, pieces, err := rules.of(mapping, by, reader)
		if err != nil {
			return selection{}, err
		}
		if size > 0 {
			chosen.inFile[mapping.From] = size
			chosen.rooms = chosen.rooms.Add(mapping.From, mapping.From+size)
			chosen.pieces = append(chosen.pieces, pieces...)
		}
	}
	return chosen, nil
}

// of tells how many bytes of the mapping the core has, and which of them there are.
func (r rules) of(mapping process.Mapping, scanner *pages.Scanner, reader *copying.Reader) (uint64, []pages.Piece, error) {
	size := mapping.To - mapping.From
	whole := []pages.Piece{{Run: pages.Run{From: mapping.From, To: mapping.To}, Flags: pages.There | pages.Written | pages.NotAlone}}
	if r.notDumped[mapping.From] {
		return 0, nil, nil
	}
	if mapping.Name == "[vdso]" {
		return size, whole, nil
	}
	pieces, err := scanner.Scan(mapping.From, mapping.To, !mapping.Anonymous(), nil)
	if err != nil {
		return 0, nil, err
	}
	switch {
	case mapping.Shared:
		wish := uint64(dumpSharedFiles)
		if mapping.Anonymous() || strings.HasSuffix(mapping.Name, " (deleted)") {
			wish = dumpSharedAnonymous
		}
		if r.filter&wish == 0 {
			return 0, nil, nil
		}
		// Another process may have written what this one sees.
		for i := range pieces {
			pieces[i].Flags |= pages.Written | pages.NotAlone
		}
		return size, pieces, nil
	case mapping.Anonymous():
		if r.filter&dumpAnonymous == 0 || (!mapping.Readable && isEmpty(pieces)) {
			return 0, nil, nil
		}
		return size, pieces, nil
	case r.filter&dumpFiles != 0 || (r.filter&dumpAnonymous != 0 && changed(pieces)):
		return size, whole, nil
	case r.filter&dumpHeaders != 0 && mapping.Offset == 0 && mapping.Readable && beginsELF(reader, mapping):
		whole[0].To = whole[0].From + pages.Size
		return pages.Size, whole, nil
	}
	return 0, nil, nil
}

// isEmpty tells whether nobody has written there: a debugger that looks at reserved memory makes pages of zeros.
func isEmpty(pieces []pages.Piece) bool {
	for _, piece := range pieces {
		if piece.Flags&pages.Zero == 0 {
			return false
		}
	}
	return true
}

// changed tells whether the process has written to its own view of a file.
func changed(pieces []pages.Piece) bool {
	for _, piece := range pieces {
		if piece.Flags&pages.OfFile == 0 {
			return true
		}
	}
	return false
}

func beginsELF(reader *copying.Reader, mapping process.Mapping) bool {
	magic := make([]byte, 4)
	return reader.ReadAt(magic, mapping.From) == nil && bytes.Equal(magic, []byte("\x7fELF"))
}
