package main

import (
	"sort"
	"sync"
)

// Rumour is what one member says of another.
type Rumour struct {
	Member string `json:"member"`
	// Generation counts the member's starts: a higher one is newer.
	Generation int  `json:"generation"`
	Alive      bool `json:"alive"`
}

// Members is what this member knows of the others.
type Members struct {
	mu    sync.Mutex
	known map[string]Rumour
}

// NewMembers returns what a member knows at its start: nothing.
func NewMembers() *Members {
	return &Members{known: make(map[string]Rumour)}
}

// Alive tells the names of all members that are alive, in order.
func (m *Members) Alive() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := []string{}
	for name, rumour := range m.known {
		if rumour.Alive {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
