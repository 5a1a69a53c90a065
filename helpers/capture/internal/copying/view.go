package copying

import (
	"sort"

	"capture/internal/pages"
)

// View reads memory of the process as it is in the snapshot; false when there is none at that address.
type View func(address uint64, into []byte) bool

const viewPage = 4096

// Pages keeps what was read by a view, page by page. Not for several threads.
type Pages struct {
	below View
	kept  map[uint64][]byte
}

// NewPages begins with nothing.
func NewPages(below View) *Pages { return &Pages{below, map[uint64][]byte{}} }

// View reads through it.
func (p *Pages) View(address uint64, into []byte) bool {
	for done := 0; done < len(into); {
		at := address + uint64(done)
		page := at &^ (viewPage - 1)
		bytes, known := p.kept[page]
		if !known {
			bytes = make([]byte, viewPage)
			if !p.below(page, bytes) {
				bytes = nil
			}
			p.kept[page] = bytes
		}
		if bytes == nil {
			return false
		}
		done += copy(into[done:], bytes[at-page:])
	}
	return true
}

// Put replaces pages by what they are now.
func (p *Pages) Put(run pages.Run, bytes []byte) {
	for at := run.From; at < run.To; at += viewPage {
		p.kept[at] = bytes[at-run.From : at-run.From+viewPage]
	}
}

// Within reads only where there is memory.
func (view View) Within(there pages.Runs) View {
	return func(address uint64, into []byte) bool {
		at := sort.Search(len(there), func(i int) bool { return there[i].To > address })
		return at < len(there) && there[at].From <= address && address+uint64(len(into)) <= there[at].To && view(address, into)
	}
}

// View reads memory of the process.
func (r *Reader) View(address uint64, into []byte) bool { return r.ReadAt(into, address) == nil }

// View reads the copy, where there is one.
func (m *Memory) View(address uint64, into []byte) bool {
	copy(into, m.at(pages.Run{From: address, To: address + uint64(len(into))}))
	return true
}
