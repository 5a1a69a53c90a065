package main

import "sync"

// outboxSize is how many letters may wait. Bulk mail is written faster than it is
// sent, and is not to fill the memory.
const outboxSize = 4

// Letter is one of a campaign.
type Letter struct {
	To   string
	Text string
}

// Outbox is a buffer between those who write and those who send.
type Outbox struct {
	mu sync.Mutex
	// changed is what everybody waits for who cannot go on: writers for room,
	// senders for letters.
	changed *sync.Cond
	letters []Letter
}

// NewOutbox returns an empty one.
func NewOutbox() *Outbox {
	o := new(Outbox)
	o.changed = sync.NewCond(&o.mu)
	return o
}

// PutAll adds the letters of a campaign, in order and without others in between.
func (o *Outbox) PutAll(campaign []Letter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, letter := range campaign {
		for len(o.letters) == outboxSize {
			o.changed.Wait()
		}
		o.letters = append(o.letters, letter)
		o.wake()
	}
}

// Take removes the oldest letter, and waits for one when there is none.
func (o *Outbox) Take() Letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.letters) == 0 {
		o.changed.Wait()
	}
	letter := o.letters[0]
	o.letters = o.letters[1:]
	o.wake()
	return letter
}
