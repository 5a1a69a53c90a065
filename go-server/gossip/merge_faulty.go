//go:build !fixed

package main

// Merge takes over what is new in what a peer tells. The lock is taken for each
// rumour anew, so that a long list does not keep everybody waiting.
//
// The fault: a rumour that is old news is skipped with the lock still held.
func (m *Members) Merge(heard []Rumour) {
	for _, rumour := range heard {
		m.mu.Lock()
		known, ok := m.known[rumour.Member]
		if ok && known.Generation >= rumour.Generation {
			continue
		}
		m.known[rumour.Member] = rumour
		m.mu.Unlock()
	}
}
