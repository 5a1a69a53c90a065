//go:build fixed

package main

// Merge takes over what is new in what a peer tells. The lock is taken for each
// rumour anew, so that a long list does not keep everybody waiting.
//
// The repair: what is done under the lock is a function of its own, which unlocks
// however it is left.
func (m *Members) Merge(heard []Rumour) {
	for _, rumour := range heard {
		m.mergeOne(rumour)
	}
}

func (m *Members) mergeOne(rumour Rumour) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.known[rumour.Member]
	if ok && known.Generation >= rumour.Generation {
		return
	}
	m.known[rumour.Member] = rumour
}
