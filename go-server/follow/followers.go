package main

import (
	"context"
	"log"
	"sync"
)

// Followers are the copies that are being made, by name.
type Followers struct {
	journal *Journal

	mu     sync.Mutex
	byName map[string]*follower
}

// follower is one copy.
type follower struct {
	name   string
	cancel context.CancelFunc
	// copied gets the number of lines when the copy has ended.
	copied chan int
}

// NewFollowers returns a set without any.
func NewFollowers(journal *Journal) *Followers {
	return &Followers{journal: journal, byName: make(map[string]*follower)}
}

// Start begins a copy, unless there is one of that name.
func (f *Followers) Start(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[name] != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	started := &follower{name: name, cancel: cancel, copied: make(chan int)}
	f.byName[name] = started
	go started.run(traced(ctx, name), f.journal)
}

// Stop ends a copy and tells how many lines it has. Meanwhile none of that name
// can be started.
func (f *Followers) Stop(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	stopped := f.byName[name]
	if stopped == nil {
		return 0
	}
	stopped.cancel()
	lines := <-stopped.copied
	delete(f.byName, name)
	return lines
}

// Count tells how many copies are being made.
func (f *Followers) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.byName)
}

// run copies until the context ends.
func (f *follower) run(ctx context.Context, journal *Journal) {
	lines := 0
	end := journal.Listen(func(string) { lines++ })
	<-ctx.Done()
	end()
	log.Printf("%s: %d lines copied", traceOf(ctx), lines)
	f.copied <- lines
}
