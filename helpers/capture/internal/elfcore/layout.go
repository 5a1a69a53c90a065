// Package elfcore lays out and writes ELF cores as the kernel does (core(5), elf.h): one segment for notes, and one for each
// mapping or part of one.
package elfcore

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"sort"

	"capture/internal/pages"
	"capture/internal/process"
)

// Segment is a mapping, or a part of one.
type Segment struct {
	process.Mapping
	// InFile is how many bytes of it the core has; the rest was not copied, or is in the file behind the mapping.
	InFile uint64
	// Place in the core where they begin.
	Place int64
}

// Layout gives memory its places in the core. What has a place keeps it, so that copying can begin while mappings
// still come and go.
type Layout struct {
	// By ascending address.
	extents []extent
	end     int64
	limit   int
}

type extent struct {
	pages.Run
	place int64
}

const (
	headerSize        = 64
	programHeaderSize = 56
	// Program headers that are left free for mappings that come later.
	spare = 512
	// As many as the field e_phnum counts (elf.h, PN_XNUM).
	mostSegments = 0xfffe
)

// NewLayout begins one for about that many mappings.
func NewLayout(mappings int) *Layout {
	limit := mappings*2 + spare
	if limit > mostSegments {
		limit = mostSegments
	}
	return &Layout{limit: limit, end: int64(alignUp(uint64(headerSize + programHeaderSize*limit)))}
}

func alignUp(size uint64) uint64 { return (size + pages.Size - 1) &^ (pages.Size - 1) }

// Extend gives places to memory that has none yet.
func (l *Layout) Extend(runs pages.Runs) {
	for _, run := range runs.Without(l.covered()) {
		l.extents = append(l.extents, extent{run, l.end})
		l.end += int64(alignUp(run.To - run.From))
	}
	sort.Slice(l.extents, func(i, j int) bool { return l.extents[i].From < l.extents[j].From })
}

func (l *Layout) covered() pages.Runs {
	var runs pages.Runs
	for _, extent := range l.extents {
		runs = runs.Add(extent.From, extent.To)
	}
	return runs
}

// Place is where the memory at that address lies in the core.
func (l *Layout) Place(address uint64) int64 {
	at := sort.Search(len(l.extents), func(i int) bool { return l.extents[i].To > address })
	return l.extents[at].place + int64(address-l.extents[at].From)
}

// End is the first place in the core behind all memory.
func (l *Layout) End() int64 { return l.end }

// Segments cuts mappings where their places are not in a row. `inFile` is how much of each mapping the core has.
func (l *Layout) Segments(mappings []process.Mapping, inFile func(process.Mapping) uint64) ([]Segment, error) {
	var segments []Segment
	for _, mapping := range mappings {
		whole := inFile(mapping)
		if whole == 0 {
			segments = append(segments, Segment{Mapping: mapping, Place: l.end})
			continue
		}
		from := mapping.From
		for _, extent := range l.between(mapping.From, mapping.From+whole) {
			part := mapping
			part.From, part.To = from, extent.To
			part.Offset += from - mapping.From
			if end := mapping.From + whole; part.To >= end {
				part.To = end
			}
			segments = append(segments, Segment{Mapping: part, InFile: part.To - part.From, Place: l.Place(from)})
			from = part.To
		}
		// What the core does not have belongs to the last part.
		segments[len(segments)-1].To = mapping.To
	}
	if len(segments) >= l.limit {
		return nil, fmt.Errorf("%d segments are more than there is room for (%d)", len(segments), l.limit)
	}
	return segments, nil
}

func (l *Layout) between(from, to uint64) []extent {
	first := sort.Search(len(l.extents), func(i int) bool { return l.extents[i].To > from })
	last := sort.Search(len(l.extents), func(i int) bool { return l.extents[i].From >= to })
	return l.extents[first:last]
}

// Header is the beginning of the core: its header and its program headers.
func Header(segments []Segment, notes int64, notesSize int) []byte {
	var out bytes.Buffer
	write := func(value interface{}) { _ = binary.Write(&out, binary.LittleEndian, value) }
	write(elf.Header64{
		Ident:   [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:    uint16(elf.ET_CORE),
		Machine: uint16(machine),
		Version: uint32(elf.EV_CURRENT),
		Phoff:   headerSize, Ehsize: headerSize, Phentsize: programHeaderSize, Phnum: uint16(len(segments) + 1),
	})
	write(elf.Prog64{Type: uint32(elf.PT_NOTE), Off: uint64(notes), Filesz: uint64(notesSize), Align: 4})
	for _, segment := range segments {
		var flags elf.ProgFlag
		if segment.Readable {
			flags |= elf.PF_R
		}
		if segment.Writable {
			flags |= elf.PF_W
		}
		if segment.Executable {
			flags |= elf.PF_X
		}
		write(elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(flags), Off: uint64(segment.Place), Vaddr: segment.From,
			Filesz: segment.InFile, Memsz: segment.To - segment.From, Align: pages.Size,
		})
	}
	return out.Bytes()
}

// ByPlace is the memory that has places, in the order of these.
func (l *Layout) ByPlace() pages.Runs {
	extents := append([]extent(nil), l.extents...)
	sort.Slice(extents, func(i, j int) bool { return extents[i].place < extents[j].place })
	runs := make(pages.Runs, len(extents))
	for i, extent := range extents {
		runs[i] = extent.Run
	}
	return runs
}
