package main

import (
	"errors"
	"sync"
	"sync/atomic"
)

// maxAttempts is how often a letter is brought to a server at most.
const maxAttempts = 3

type letter struct {
	address string
}

// Mailing is the same letter to many.
type Mailing struct {
	office *PostOffice
	// underway counts the attempts that are being made.
	underway           sync.WaitGroup
	delivered, refused int64
}

// Send sends a letter to each address and waits until each has arrived or was
// refused.
func (m *Mailing) Send(addresses []string) (delivered, refused int64) {
	for _, address := range addresses {
		m.underway.Add(1)
		go m.attempt(&letter{address}, 1)
	}
	m.underway.Wait()
	return m.delivered, m.refused
}

// note counts how a letter ended.
func (m *Mailing) note(err error) {
	if err != nil {
		atomic.AddInt64(&m.refused, 1)
	} else {
		atomic.AddInt64(&m.delivered, 1)
	}
}

// later tells whether another attempt is worth its while.
func later(err error, attempt int) bool {
	return errors.Is(err, errTryLater) && attempt < maxAttempts
}
