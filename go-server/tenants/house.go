package main

import (
	"sort"
	"sync"
)

// House knows its tenants. One who moves out is out of the house before anybody
// of that name can move in again.
type House struct {
	mu      sync.Mutex
	tenants map[string]*Tenant
	board   Board
}

// NewHouse returns an empty house.
func NewHouse() *House {
	return &House{tenants: make(map[string]*Tenant)}
}

// MoveIn adds a tenant, unless one of that name is here.
func (h *House) MoveIn(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tenants[name] == nil {
		h.tenants[name] = startTenant(name, &h.board)
	}
}

// MoveOut ends a tenant, if there is one of that name.
func (h *House) MoveOut(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if tenant := h.tenants[name]; tenant != nil {
		tenant.Close()
		delete(h.tenants, name)
	}
}

// Names are those of the tenants, in order.
func (h *House) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return sorted(h.tenants)
}

// Board is what a visitor reads at the door.
type Board struct {
	mu    sync.Mutex
	names map[string]bool
}

// Set writes a name on the board or wipes it off.
func (b *Board) Set(name string, here bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names == nil {
		b.names = make(map[string]bool)
	}
	if here {
		b.names[name] = true
	} else {
		delete(b.names, name)
	}
}

// Names are those on the board, in order.
func (b *Board) Names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sorted(b.names)
}

func sorted[V any](named map[string]V) []string {
	names := make([]string, 0, len(named))
	for name := range named {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
