//go:build !fixed

package main

// attempt delivers a letter, and begins another attempt where that may help.
//
// The fault: every attempt is added, but only the last one of a letter is taken
// off. The others return before that.
func (m *Mailing) attempt(l *letter, n int) {
	err := m.office.Deliver(l)
	if later(err, n) {
		m.underway.Add(1)
		go m.attempt(l, n+1)
		return
	}
	m.note(err)
	m.underway.Done()
}
