package main

import (
	"errors"
	"sync"
)

var errReconnected = errors.New("the exchange was connected anew; ask again")

// Quote is an answer of the exchange, or why there is none.
type Quote struct {
	price float64
	err   error
}

// Desk knows which questions are open.
type Desk struct {
	mu   sync.Mutex
	last int
	// open has where the answer to each question is waited for.
	open map[int]chan Quote
}

// NewDesk returns one without questions.
func NewDesk() *Desk {
	return &Desk{open: make(map[int]chan Quote)}
}

// Open tells how many questions wait for their answers.
func (d *Desk) Open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

// Quote asks for a price and waits for the answer.
func (d *Desk) Quote(symbol string) (float64, error) {
	answer := d.ask(symbol)
	quote := <-answer
	return quote.price, quote.err
}

// ask sends a question, and returns where its answer will come.
func (d *Desk) ask(string) <-chan Quote {
	answer := make(chan Quote, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	d.open[d.last] = answer
	return answer
}

// Answer is what the exchange says to all questions that are open.
func (d *Desk) Answer(price float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for number, answer := range d.open {
		answer <- Quote{price: price}
		delete(d.open, number)
	}
}
