package main

import "sync"

// Journal tells its listeners every line.
type Journal struct {
	mu        sync.Mutex
	listeners map[int]func(line string)
	last      int
}

// NewJournal returns a journal that nobody listens to.
func NewJournal() *Journal {
	return &Journal{listeners: make(map[int]func(string))}
}

// Listen has a function called with every line from now on. What it returns ends
// that.
func (j *Journal) Listen(listener func(line string)) (end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	number := j.last
	j.listeners[number] = listener
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.listeners, number)
	}
}

// Append tells all listeners a line.
func (j *Journal) Append(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, listener := range j.listeners {
		listener(line)
	}
}
