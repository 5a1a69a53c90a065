package main

import "sync"

// Reader is one who follows the board.
type Reader struct {
	notices chan string
	// gone is closed when the reader leaves.
	gone chan struct{}
}

// Board has all notices, and those who follow it.
type Board struct {
	mu      sync.Mutex
	count   int
	readers []*Reader
}

// NewBoard returns one without notices.
func NewBoard() *Board {
	return &Board{}
}

// Count tells how many notices there are.
func (b *Board) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// Post puts a notice up, and gives it to each reader.
func (b *Board) Post(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	staying := b.readers[:0]
	for _, reader := range b.readers {
		if reader.deliver(text) {
			staying = append(staying, reader)
		}
	}
	b.readers = staying
}

// Follow shows each notice from now on, until the reader leaves.
func (b *Board) Follow(leaves <-chan struct{}, show func(text string)) {
	reader := &Reader{notices: make(chan string), gone: make(chan struct{})}
	defer close(reader.gone)
	b.mu.Lock()
	b.readers = append(b.readers, reader)
	b.mu.Unlock()
	show("following")
	for {
		select {
		case text := <-reader.notices:
			show(text)
		case <-leaves:
			return
		}
	}
}
