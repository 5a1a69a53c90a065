package main

import "sync"

// Tenant is what runs for one name.
type Tenant struct {
	name string
	// ended is closed when the tenant has ended.
	ended   chan struct{}
	running sync.WaitGroup
}

func startTenant(name string, board *Board) *Tenant {
	t := &Tenant{name: name, ended: make(chan struct{})}
	t.running.Add(1)
	go t.announce(board)
	return t
}

// announce keeps the name on the board until the tenant has ended.
func (t *Tenant) announce(board *Board) {
	defer t.running.Done()
	board.Set(t.name, true)
	<-t.ended
	board.Set(t.name, false)
}
