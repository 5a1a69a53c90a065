package main

import (
	"bufio"
	"context"
	"sync"
)

// Watcher is a client that watches.
type Watcher struct {
	events chan string
	// gone is closed when the client has gone away.
	gone <-chan struct{}
}

// Feed knows who watches.
type Feed struct {
	mu       sync.Mutex
	watchers map[*Watcher]bool
}

// NewFeed returns a feed that nobody watches.
func NewFeed() *Feed {
	return &Feed{watchers: make(map[*Watcher]bool)}
}

// Watchers tells how many watch.
func (f *Feed) Watchers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watchers)
}

// Subscribe adds a watcher, who has to receive from now on, until the context ends.
func (f *Feed) Subscribe(ctx context.Context) *Watcher {
	watcher := &Watcher{events: make(chan string), gone: ctx.Done()}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watchers[watcher] = true
	return watcher
}

// Unsubscribe removes a watcher: nothing is sent to it any more.
func (f *Feed) Unsubscribe(watcher *Watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watchers, watcher)
}

// Publish passes a batch of events on, one per line. All watchers see the batches
// in the same order, and none sees a part of one only: meanwhile nobody comes or
// goes.
func (f *Feed) Publish(batch *bufio.Scanner) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for batch.Scan() {
		for watcher := range f.watchers {
			watcher.send(batch.Text())
		}
	}
	return batch.Err()
}
