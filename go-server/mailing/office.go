package main

import (
	"errors"
	"strings"
	"sync"
	"time"
)

var (
	errTryLater = errors.New("451 try again later")
	errUnknown  = errors.New("550 no such mailbox")
)

// PostOffice knows how the mail servers of the world behave.
type PostOffice struct {
	mu sync.Mutex
	// tried are the letters that a strict server has seen before.
	tried map[*letter]bool
}

// NewPostOffice returns one to which every letter is new.
func NewPostOffice() *PostOffice {
	return &PostOffice{tried: make(map[*letter]bool)}
}

// Deliver hands a letter to the server of its address. Strict ones take a letter
// only at the second try, since those who send rubbish seldom come back.
func (o *PostOffice) Deliver(l *letter) error {
	time.Sleep(time.Millisecond) // the way there
	if !strings.Contains(l.address, "@") {
		return errUnknown
	}
	if !strings.HasSuffix(l.address, "@strict.example") {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.tried[l] {
		o.tried[l] = true
		return errTryLater
	}
	delete(o.tried, l)
	return nil
}
