package scrub

import (
	"encoding/binary"
	"errors"
	"sort"

	"capture/internal/copying"
	"capture/internal/pages"
)

// ErrNoTables is that of a process whose Go runtime keeps its tables in a way that is not known here: they could not
// be told from data.
var ErrNoTables = errors.New("the tables of its Go runtime are not where they are known to be")

// Places in the runtime's structs, the same from Go 1.19 to 1.27.
const (
	spanStart, spanPages, spanSize = 24, 32, 160
	// One bit for each object: 8 KiB of the smallest, 8 bytes each.
	mostBits = 128

	goroutineSelf = 72
	// All of a g but its last fields, behind which lies what the memory held before.
	goroutineSize = 320

	// A p begins with its number, its state and when the monitor saw it. What the write barrier notes lies within it.
	processorSize  = 64
	processorLook  = 16 << 10
	mostProcessors = 4096

	heapPage  = 8192
	tablePage = 4096
	// The runtime takes its heap from the machine in pieces of this size (runtime/malloc.go).
	arenaBits = 26

	mostElements = 1 << 26
	fewSpans     = 8
	samples      = 16
	mostOdd      = 2
)

// finder looks for what the runtime writes about the heap and the goroutines. In it each bit counts, and none is of
// the program. It is found by what it looks like, which needs neither symbols nor a version.
type finder struct {
	view copying.View
	// isMapped is of all memory of the process, isOther of that which is neither of a file nor variables or a stack.
	isMapped, isOther func(uint64) bool

	found  []pages.Run
	arenas map[uint64]bool
}

type slice struct{ base, length, capacity uint64 }

// find looks through the variables of the program, and returns memory that is to stay as it is.
func (f *finder) find(variables pages.Runs) (pages.Runs, error) {
	var spans, goroutines, processors bool
	page := make([]byte, tablePage)
	for _, run := range variables {
		for at := run.From; at < run.To; at += tablePage {
			if !f.view(at, page) {
				continue
			}
			for i := 0; i < tablePage; i += 8 {
				base := binary.LittleEndian.Uint64(page[i:])
				if base == 0 || base%8 != 0 || !f.isMapped(base) {
					continue
				}
				list := slice{base, f.word(at + uint64(i) + 8), f.word(at + uint64(i) + 16)}
				if list.length == 0 || list.length > list.capacity || list.capacity > mostElements {
					continue
				}
				spans = f.spans(list) || spans
				goroutines = f.goroutines(list) || goroutines
				processors = f.processors(list) || processors
			}
		}
	}
	if !spans || !goroutines || !processors {
		return nil, ErrNoTables
	}
	return merged(f.found), nil
}

func (f *finder) word(address uint64) uint64 {
	var bytes [8]byte
	if !f.view(address, bytes[:]) {
		return 0
	}
	return binary.LittleEndian.Uint64(bytes[:])
}

func (f *finder) keep(from, to uint64) { f.found = append(f.found, pages.Run{From: from, To: to}) }

func (f *finder) keepPages(from, to uint64) {
	f.keep(from&^(tablePage-1), (to+tablePage-1)&^(tablePage-1))
}

// few tells whether of some elements nearly all are as they should be, and one at least surely: one or two may be in the
// middle of being made.
func (f *finder) few(list slice, look func(address uint64) (sure, possible bool)) bool {
	sure, odd := false, 0
	for i := uint64(0); i < samples; i++ {
		address := f.word(list.base + i*(list.length-1)/(samples-1)*8)
		if address%8 != 0 || !f.isMapped(address) {
			return false
		}
		isSure, isPossible := look(address)
		if !isSure && !isPossible {
			odd++
		}
		sure = sure || isSure
	}
	return sure && odd <= mostOdd
}

// all calls with each element.
func (f *finder) all(list slice, each func(address uint64)) {
	bytes := f.whole(list.base, make([]byte, list.length*8))
	for i := 0; i < len(bytes); i += 8 {
		if address := binary.LittleEndian.Uint64(bytes[i:]); address%8 == 0 && f.isMapped(address) {
			each(address)
		}
	}
}

// span tells whether there may be a span at that address; one that was never used is all zeros.
func (f *finder) span(address uint64) (sure, possible bool) {
	start, length := f.word(address+spanStart), f.word(address+spanPages)
	if start == 0 && length == 0 {
		return false, true
	}
	sure = start%heapPage == 0 && length > 0 && length < mostElements && f.isMapped(start) && f.isMapped(start+length*heapPage-1)
	return sure, sure
}

// spans keeps runtime.mheap_.allspans, each span, and what these lead to: which slots are taken and marked, and what
// is attached to objects.
func (f *finder) spans(list slice) bool {
	if !f.few(list, f.span) {
		return false
	}
	var all []uint64
	arenas := map[uint64]bool{}
	used := 0
	f.all(list, func(address uint64) {
		all = append(all, address)
		if sure, _ := f.span(address); sure {
			used++
			start := f.word(address + spanStart)
			for at := start; at < start+f.word(address+spanPages)*heapPage; at += 1 << arenaBits {
				arenas[at>>arenaBits] = true
			}
		}
	})
	if used < fewSpans || used < len(all)/4 {
		return false
	}
	for arena := range arenas {
		f.arenas[arena] = true
	}
	f.keep(list.base, list.base+list.length*8)
	var bytes [spanSize]byte
	for _, address := range all {
		if f.arenas[address>>arenaBits] {
			continue
		}
		f.keepPages(address, address+spanSize)
		f.whole(address, bytes[:])
		for i := 0; i < spanSize; i += 8 {
			if leads := binary.LittleEndian.Uint64(bytes[i:]); leads >= lowestAddress && !f.arenas[leads>>arenaBits] && f.isOther(leads) {
				f.keepPages(leads, leads+1)
				f.keep(leads&^7, leads&^7+mostBits)
			}
		}
	}
	return true
}

// goroutines keeps the elements of runtime.allgs: a g has its own address among the registers that it goes on with.
func (f *finder) goroutines(list slice) bool {
	isGoroutine := func(address uint64) (sure, possible bool) {
		self := f.word(address + goroutineSelf)
		return self == address && f.word(address) <= f.word(address+8), self == 0
	}
	if !f.few(list, isGoroutine) {
		return false
	}
	f.all(list, func(address uint64) { f.keep(address, address+goroutineSize) })
	return true
}

// processors keeps the elements of runtime.allp: each p has its number, and one at least a buffer that it knows the end of.
func (f *finder) processors(list slice) bool {
	if list.length > mostProcessors {
		return false
	}
	bytes := make([]byte, processorLook)
	sure := false
	for i := uint64(0); i < list.length; i++ {
		address := f.word(list.base + i*8)
		if address%8 != 0 || !f.isMapped(address) || uint64(uint32(f.word(address))) != i {
			return false
		}
		sure = sure || hasBuffer(f.whole(address, bytes), address)
	}
	if sure {
		f.all(list, func(address uint64) { f.keep(address, address+processorSize) })
	}
	return sure
}

// whole reads memory of which some pages may have nothing: these are zeros.
func (f *finder) whole(address uint64, into []byte) []byte {
	for done := 0; done < len(into); {
		step := tablePage - int((address+uint64(done))%tablePage)
		if step > len(into)-done {
			step = len(into) - done
		}
		if part := into[done : done+step]; !f.view(address+uint64(done), part) {
			zero(part, 0, step)
		}
		done += step
	}
	return into
}

// hasBuffer looks for a wbBuf (runtime/mwbbuf.go): where the next pointer goes, the end, and then the pointers.
func hasBuffer(bytes []byte, address uint64) bool {
	for i := 0; i+16 <= len(bytes); i += 8 {
		next, end := binary.LittleEndian.Uint64(bytes[i:]), binary.LittleEndian.Uint64(bytes[i+8:])
		begin := address + uint64(i) + 16
		if next >= begin && next <= end && (end == begin+512*8 || end == begin+256*8) {
			return true
		}
	}
	return false
}

func merged(runs []pages.Run) pages.Runs {
	sort.Slice(runs, func(i, j int) bool { return runs[i].From < runs[j].From })
	out := pages.Runs{}
	for _, run := range runs {
		if last := len(out) - 1; last >= 0 && out[last].To >= run.From {
			if run.To > out[last].To {
				out[last].To = run.To
			}
		} else if run.From < run.To {
			out = append(out, run)
		}
	}
	return out
}
