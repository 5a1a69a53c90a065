package main

import "sync"

// Turnstile lets so many in at a time.
type Turnstile struct {
	mu     sync.Mutex
	left   *sync.Cond // somebody has left
	inside int
	most   int
}

func newTurnstile(most int) *Turnstile {
	t := &Turnstile{most: most}
	t.left = sync.NewCond(&t.mu)
	return t
}

// enter waits until there is room.
func (t *Turnstile) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.inside == t.most {
		t.left.Wait()
	}
	t.inside++
}

// leave makes room for another one.
func (t *Turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inside--
	t.left.Signal()
}
