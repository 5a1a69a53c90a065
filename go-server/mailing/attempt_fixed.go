//go:build fixed

package main

// attempt delivers a letter, and begins another attempt where that may help.
//
// The repair: every attempt is taken off, whichever way it ends.
func (m *Mailing) attempt(l *letter, n int) {
	defer m.underway.Done()
	err := m.office.Deliver(l)
	if later(err, n) {
		m.underway.Add(1)
		go m.attempt(l, n+1)
		return
	}
	m.note(err)
}
