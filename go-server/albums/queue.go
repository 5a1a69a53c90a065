package main

import "sync"

// Queue hands out work to those who ask for it.
type Queue[T any] struct {
	mu     sync.Mutex
	filled sync.Cond // more work, or none for ever
	items  []T
	closed bool
}

// push adds work.
func (q *Queue[T]) push(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item)
	q.filled.Signal()
}

// finish says that no more work will come.
func (q *Queue[T]) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}

// idle tells whether there is nothing to do now, but may be later.
func (q *Queue[T]) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) == 0 && !q.closed
}

// take removes the first item. The lock is held.
func (q *Queue[T]) take() (item T, ok bool) {
	if len(q.items) == 0 {
		return item, false
	}
	item, q.items = q.items[0], q.items[1:]
	return item, true
}
