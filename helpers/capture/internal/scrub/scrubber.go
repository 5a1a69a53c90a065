package scrub

import (
	"errors"
	"sort"
	"sync"
	"time"

	"capture/internal/copying"
	"capture/internal/elfcore"
	"capture/internal/hold"
	"capture/internal/pages"
	"capture/internal/process"
	"capture/internal/snapshot"
)

// ErrMissed is that of tables of the runtime that were taken for data, and are not there any more as they were.
var ErrMissed = errors.New("the tables of its Go runtime changed while they were looked for")

// Scrubber takes data out of the memory of one process.
type Scrubber struct {
	owner elfcore.Owner
	began time.Time
	rule  *Rule
	pages *copying.Pages
	files files
	exact pages.Runs

	guard sync.Mutex
	// Pages outside of the heap of which something is gone.
	touched map[uint64]bool
}

// New is for that process.
func New(owner elfcore.Owner) *Scrubber {
	return &Scrubber{owner: owner, began: time.Now(), touched: map[uint64]bool{}}
}

// Look finds out what of the memory is to stay as it is.
func (s *Scrubber) Look(sight snapshot.Sight) (copying.Filter, error) {
	m := mapsOf(sight.Mappings)
	s.rule = NewRule(m.all, s.began)
	if s.files == nil {
		s.files = filesOf(s.owner.PID(), sight.Mappings)
	}
	if s.pages == nil || sight.Changed == nil {
		s.pages = copying.NewPages(sight.View)
	} else if err := sight.Changed.Each(func(run pages.Run, bytes []byte) error {
		s.pages.Put(run, append([]byte(nil), bytes...))
		return nil
	}); err != nil {
		return nil, err
	}
	arenas := map[uint64]bool{}
	variables := m.variables(s.files)
	isOther := func(address uint64) bool { return m.isOther(address) && !contains(variables, address) }
	find := finder{view: s.pages.View, isMapped: s.rule.isAddress, isOther: isOther, arenas: arenas}
	find.libraries(s.owner)
	exact, err := find.find(variables)
	if err != nil {
		return nil, err
	}
	s.exact = exact
	watched := func(mapping process.Mapping, address uint64) bool {
		return mapping.Anonymous() && !arenas[address>>arenaBits]
	}
	return s.filter(m, s.rule, exact, watched), nil
}

// Registers takes data out of the registers of a thread.
func (s *Scrubber) Registers(thread hold.Thread) { s.rule.Registers(thread) }

// End tells whether all that was to stay as it is did.
func (s *Scrubber) End() error {
	for _, run := range s.exact {
		for page := run.From &^ (tablePage - 1); page < run.To; page += tablePage {
			if s.touched[page] && run.From <= page && run.To >= page+tablePage {
				return ErrMissed
			}
		}
	}
	return nil
}

func (s *Scrubber) filter(m maps, rule *Rule, exact pages.Runs, watched func(process.Mapping, uint64) bool) copying.Filter {
	return func(run pages.Run, bytes []byte) {
		for at := run.From; at < run.To; {
			mapping, to := m.at(at, run.To)
			part := bytes[at-run.From : to-run.From]
			if mapping == nil {
				zero(part, 0, len(part))
			} else if !staysWhole(*mapping, at, part) {
				s.scrub(rule, *mapping, exact, at, part, watched(*mapping, at))
			}
			at = to
		}
	}
}

// scrub works page by page where it is to be known which of them it changed.
func (s *Scrubber) scrub(rule *Rule, mapping process.Mapping, exact pages.Runs, from uint64, bytes []byte, watched bool) {
	carry := false
	step := uint64(len(bytes))
	if watched {
		step = tablePage
	}
	for done := uint64(0); done < uint64(len(bytes)); done += step {
		if step > uint64(len(bytes))-done {
			step = uint64(len(bytes)) - done
		}
		page := bytes[done : done+step]
		var gone int
		gone, carry = scrubAround(rule, exact, from+done, page, s.files.at(mapping, from+done), carry)
		if watched {
			s.note(from+done, gone > 0)
		}
	}
}

func (s *Scrubber) note(page uint64, touched bool) {
	s.guard.Lock()
	defer s.guard.Unlock()
	if touched {
		s.touched[page] = true
	} else {
		delete(s.touched, page)
	}
}

// scrubAround leaves out what is to stay as it is.
func scrubAround(rule *Rule, exact pages.Runs, from uint64, bytes, same []byte, carry bool) (gone int, after bool) {
	to := from + uint64(len(bytes))
	sub := func(of []byte, low, high uint64) []byte {
		low, high = low-from, high-from
		if low >= uint64(len(of)) {
			return nil
		}
		if high > uint64(len(of)) {
			high = uint64(len(of))
		}
		return of[low:high]
	}
	at := from
	var back []func()
	for i := sort.Search(len(exact), func(i int) bool { return exact[i].To > from }); i < len(exact) && exact[i].From < to; i++ {
		low, high := exact[i].From, exact[i].To
		if low < from {
			low = from
		}
		if high > to {
			high = to
		}
		if low%8 != 0 || high%8 != 0 {
			// A name may begin and end anywhere: words that have a part of it are looked at, and the name is put back.
			place, saved := bytes[low-from:high-from], append([]byte(nil), bytes[low-from:high-from]...)
			back = append(back, func() { copy(place, saved) })
			low, high = (low+7)&^7, high&^7
			if high < low {
				continue
			}
		}
		if low > at {
			lost, _ := rule.scrub(sub(bytes, at, low), sub(same, at, low), carry)
			gone += lost
		}
		at, carry = high, false
	}
	if at < to {
		var lost int
		lost, carry = rule.scrub(sub(bytes, at, to), sub(same, at, to), carry)
		gone += lost
	}
	for _, put := range back {
		put()
	}
	return gone, carry
}
