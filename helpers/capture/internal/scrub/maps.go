package scrub

import (
	"bytes"
	"sort"

	"capture/internal/pages"
	"capture/internal/process"
)

// maps are the mappings of a process by ascending address.
type maps struct {
	list []process.Mapping
	// all is the same as memory.
	all pages.Runs
}

func mapsOf(list []process.Mapping) maps {
	var all pages.Runs
	for _, mapping := range list {
		all = all.Add(mapping.From, mapping.To)
	}
	return maps{list, all}
}

// at is the mapping at an address, nil for none, and where it ends, or `limit`.
func (m maps) at(address, limit uint64) (mapping *process.Mapping, to uint64) {
	i := sort.Search(len(m.list), func(i int) bool { return m.list[i].To > address })
	switch {
	case i == len(m.list):
		return nil, limit
	case m.list[i].From > address:
		to = m.list[i].From
	default:
		mapping, to = &m.list[i], m.list[i].To
	}
	if to > limit {
		to = limit
	}
	return mapping, to
}

// variables are those of the program and of its libraries: what follows a file without a name is a part of it that is
// zero at first.
func (m maps) variables(files files) (runs pages.Runs) {
	for i, mapping := range m.list {
		if !mapping.Writable || mapping.Shared {
			continue
		}
		_, isCode := files[mapping.Inode]
		follows := mapping.Anonymous() && mapping.Name == "" && i > 0 && m.list[i-1].To == mapping.From && !m.list[i-1].Anonymous()
		if isCode || follows {
			runs = runs.Add(mapping.From, mapping.To)
		}
	}
	return runs
}

// isOther tells of memory that is neither of a file nor what follows one, nor a stack of the kernel's making.
func (m maps) isOther(address uint64) bool {
	mapping, _ := m.at(address, address+1)
	return mapping != nil && mapping.Anonymous() && mapping.Name != "[stack]" && mapping.Name != "[vdso]"
}

// staysWhole is of the kernel's own code, and of a header that tells which file it is.
func staysWhole(mapping process.Mapping, from uint64, memory []byte) bool {
	if mapping.Name == "[vdso]" {
		return true
	}
	return !mapping.Anonymous() && !mapping.Writable && mapping.Offset == 0 && from == mapping.From &&
		uint64(len(memory)) <= pages.Size && bytes.HasPrefix(memory, []byte("\x7fELF"))
}
