package facts

import (
	"fmt"

	"golang.org/x/tools/go/ssa"
)

// A hold is a lock that an activation has taken and not given back.
type hold struct {
	op   *Op  // the Lock call, in this function or in one that it called
	path Path // the object, seen from this function
	site ssa.Instruction
	mode string // lock or rlock
	// always: on every way that leads there; otherwise on some.
	always bool
	// chosen: which object it is, a called function decided.
	chosen bool
}

// A lockState is what is held at a point, by mode and object; and which locks a deferred call gives back. Locks that a
// called function chose (by a key, out of a container) are told apart by their calls; a call that gives back some lock
// of that kind gives back the only one there is, or any.
type lockState struct {
	held     map[string]hold
	deferred map[string]*ssa.Defer
}

// chosenKey tells a lock that a called function chose; which it is only that function knows.
func chosenKey(mode string, op *Op, call ssa.Instruction) string {
	return fmt.Sprintf("%s chosen by %d at %p", mode, op.ID, call)
}

const someChosen = " some chosen"

// giveBackChosen ends the hold of the only lock that was chosen, or makes all of them uncertain.
func (s *lockState) giveBackChosen(mode string) {
	var keys []string
	for key, h := range s.held {
		if h.chosen && h.mode == mode {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if len(keys) == 1 {
			delete(s.held, key)
			continue
		}
		s.doubt(key)
	}
}

// doubt: it may have been given back.
func (s *lockState) doubt(key string) {
	if h, ok := s.held[key]; ok {
		h.always = false
		s.held[key] = h
	}
}

func newState() *lockState {
	return &lockState{held: map[string]hold{}, deferred: map[string]*ssa.Defer{}}
}

func (s *lockState) copy() *lockState {
	out := newState()
	for k, v := range s.held {
		out.held[k] = v
	}
	for k, v := range s.deferred {
		out.deferred[k] = v
	}
	return out
}

// merge is what holds where two ways meet; it reports whether s changed.
func (s *lockState) merge(other *lockState) bool {
	changed := false
	for k, v := range s.held {
		if o, ok := other.held[k]; v.always && (!ok || !o.always) {
			v.always = false
			s.held[k] = v
			changed = true
		}
	}
	for k, v := range other.held {
		if _, ok := s.held[k]; !ok {
			v.always = false
			s.held[k] = v
			changed = true
		}
	}
	for k := range s.deferred {
		if other.deferred[k] == nil {
			delete(s.deferred, k)
			changed = true
		}
	}
	return changed
}
