package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
)

// Device is one that has made itself known.
type Device struct {
	Name string
	Addr string
	// Moves counts how often it has come back from another address.
	Moves int
}

// Registry knows where each device can be reached.
type Registry struct {
	// logf writes a line of the journal.
	logf func(format string, args ...any)

	mu      sync.Mutex
	devices map[string]*Device
}

// NewRegistry returns a registry without devices.
func NewRegistry(logf func(format string, args ...any)) *Registry {
	return &Registry{logf: logf, devices: make(map[string]*Device)}
}

var errNoAddr = errors.New("a device has to tell its address")

// Lookup tells where a device can be reached, and whether it is known.
func (r *Registry) Lookup(name string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if device := r.devices[name]; device != nil {
		return device.Addr, true
	}
	return "", false
}

// String lists all devices, for the journal and for people.
func (r *Registry) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list()
}

// list is String for those who hold the lock.
func (r *Registry) list() string {
	lines := make([]string, 0, len(r.devices))
	for _, device := range r.devices {
		lines = append(lines, fmt.Sprintf("%s=%s", device.Name, device.Addr))
	}
	sort.Strings(lines)
	return strings.Join(lines, " ")
}
