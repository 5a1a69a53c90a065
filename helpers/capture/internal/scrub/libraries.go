package scrub

import (
	"capture/internal/elfcore"
)

// Entries of the auxiliary vector (getauxval(3)), and of a program's headers and its dynamic section (elf.h).
const (
	auxHeaders, auxHeaderCount = 3, 5

	programHeaderSize  = 56
	typeDynamic        = 2
	typeHeaders        = 6
	tagDebug           = 21
	mostHeaders        = 64
	mostTags           = 1024
	mostLibraries      = 4096
	mostOfName         = 4096
	debugSize, mapSize = 40, 64
)

// libraries keeps the dynamic linker's list of libraries, which debuggers read (r_debug and link_map of link.h): names
// of files and addresses. A program that is linked statically has none.
func (f *finder) libraries(owner elfcore.Owner) {
	headers, count := owner.Auxiliary(auxHeaders), owner.Auxiliary(auxHeaderCount)
	var bias, dynamic uint64
	for i := uint64(0); i < count && i < mostHeaders; i++ {
		header := headers + i*programHeaderSize
		switch uint32(f.word(header)) {
		case typeHeaders:
			bias = headers - f.word(header+16)
		case typeDynamic:
			dynamic = f.word(header + 16)
		}
	}
	if dynamic == 0 {
		return
	}
	for i, at := 0, dynamic+bias; i < mostTags; i, at = i+1, at+16 {
		tag := f.word(at)
		if tag == 0 {
			return
		}
		debug := f.word(at + 8)
		if tag != tagDebug || debug == 0 {
			continue
		}
		f.keep(debug, debug+debugSize)
		library := f.word(debug + 8)
		for j := 0; library != 0 && j < mostLibraries; j++ {
			f.keep(library, library+mapSize)
			if name := f.word(library + 8); name != 0 {
				f.keep(name, name+f.lengthOf(name)+1)
			}
			library = f.word(library + 24)
		}
	}
}

func (f *finder) lengthOf(name uint64) (length uint64) {
	var character [1]byte
	for length < mostOfName && f.view(name+length, character[:]) && character[0] != 0 {
		length++
	}
	return length
}
