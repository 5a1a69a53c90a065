package load

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
)

// table is the part of an executable that the runtime prints stack traces with: every function, where it begins and
// which file and line it was written in. The linker never leaves it out, whatever is stripped.
type table struct {
	data    []byte // from its header on
	address uint64 // of the header, as linked
	text    uint64 // what the entries of functions are relative to
	order   binary.ByteOrder
}

// magics of the table: Go 1.18 and 1.19, Go 1.20 and later. Older ones are laid out otherwise and not read.
const (
	magic118 = 0xfffffff0
	magic120 = 0xfffffff1
)

func readTable(exe string) (*table, error) {
	file, err := elf.Open(exe)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if file.Class != elf.ELFCLASS64 {
		return nil, errors.New("only 64-bit executables are read")
	}
	t := &table{order: file.ByteOrder}
	for _, section := range file.Sections {
		// In a position-independent executable it has to be relocated once, and lies elsewhere.
		if section.Name != ".gopclntab" && section.Name != ".data.rel.ro.gopclntab" {
			continue
		}
		if data, err := section.Data(); err == nil && t.begins(data) {
			t.data, t.address = data, section.Addr
		}
	}
	if t.data == nil {
		t.search(file)
	}
	if t.data == nil {
		return nil, errors.New("the executable has no function table of Go 1.18 or later")
	}
	t.text = t.textStart(file)
	return t, nil
}

// begins tells whether a function table's header lies at the beginning of data.
func (t *table) begins(data []byte) bool {
	if len(data) < 72 {
		return false
	}
	magic := t.order.Uint32(data)
	if magic != magic118 && magic != magic120 || data[4] != 0 || data[5] != 0 || data[7] != 8 {
		return false
	}
	functions := t.order.Uint64(data[8:])
	if functions == 0 || functions > uint64(len(data)) {
		return false
	}
	before := uint64(0)
	for at := 32; at < 72; at += 8 {
		offset := t.order.Uint64(data[at:])
		if offset <= before || offset >= uint64(len(data)) {
			return false
		}
		before = offset
	}
	return true
}

// search finds the table where no section is named after it: the C linker merges it into another one, and the
// section headers themselves may have been removed.
func (t *table) search(file *elf.File) {
	for _, magic := range []uint32{magic120, magic118} {
		var wanted [4]byte
		t.order.PutUint32(wanted[:], magic)
		for _, segment := range file.Progs {
			if segment.Type != elf.PT_LOAD {
				continue
			}
			data := segmentData(segment)
			for at := 0; at < len(data); {
				next := bytes.Index(data[at:], wanted[:])
				if next < 0 {
					break
				}
				at += next
				if at%8 == 0 && t.begins(data[at:]) {
					t.data, t.address = data[at:], segment.Vaddr+uint64(at)
					return
				}
				at++
			}
		}
	}
}

func segmentData(segment *elf.Prog) []byte {
	if segment.Filesz > 1<<32 {
		return nil
	}
	data := make([]byte, segment.Filesz)
	n, _ := segment.ReadAt(data, 0)
	return data[:n]
}

// textStart is the address that entries count from. The header had it until Go 1.25, unrelocated in some executables;
// the runtime's module data always has it. With an external linker the section begins before it, with C's own code.
func (t *table) textStart(file *elf.File) uint64 {
	if start, ok := t.fromModuleData(file); ok {
		return start
	}
	if symbols, err := file.Symbols(); err == nil {
		for _, symbol := range symbols {
			if symbol.Name == "runtime.text" {
				return symbol.Value
			}
		}
	}
	if section := file.Section(".text"); section != nil {
		return section.Addr
	}
	return t.order.Uint64(t.data[24:])
}

// Words of the runtime's moduledata, the same since Go 1.18: a pointer to the header, six slices, findfunctab, minpc,
// maxpc, text.
const (
	moduleNames = 1
	moduleText  = 22
)

func (t *table) fromModuleData(file *elf.File) (uint64, bool) {
	relocated := relocations(file)
	names := t.address + t.order.Uint64(t.data[32:])
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_LOAD || segment.Flags&elf.PF_X != 0 {
			continue
		}
		data := segmentData(segment)
		word := func(at int) uint64 {
			if value, ok := relocated[segment.Vaddr+uint64(at)]; ok {
				return value
			}
			return t.order.Uint64(data[at:])
		}
		for at := 0; at+8*(moduleText+1) <= len(data); at += 8 {
			if word(at) == t.address && word(at+8*moduleNames) == names {
				if start := word(at + 8*moduleText); start != 0 {
					return start, true
				}
			}
		}
	}
	return 0, false
}

// relocations are the words that the dynamic linker writes before the program runs, by address, for an executable
// loaded where it was linked for.
func relocations(file *elf.File) map[uint64]uint64 {
	found := map[uint64]uint64{}
	var relative uint32
	switch file.Machine {
	case elf.EM_X86_64:
		relative = uint32(elf.R_X86_64_RELATIVE)
	case elf.EM_AARCH64:
		relative = uint32(elf.R_AARCH64_RELATIVE)
	default:
		return found
	}
	for _, section := range file.Sections {
		if section.Type != elf.SHT_RELA || section.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		data, err := section.Data()
		if err != nil {
			continue
		}
		for ; len(data) >= 24; data = data[24:] {
			if uint32(file.ByteOrder.Uint64(data[8:])) == relative {
				found[file.ByteOrder.Uint64(data)] = file.ByteOrder.Uint64(data[16:])
			}
		}
	}
	return found
}

// at returns the part of the table that begins at one of the offsets in its header.
func (t *table) at(word int) ([]byte, error) {
	offset := t.order.Uint64(t.data[8+8*word:])
	if offset > uint64(len(t.data)) {
		return nil, fmt.Errorf("the function table is damaged: offset %#x", offset)
	}
	return t.data[offset:], nil
}
