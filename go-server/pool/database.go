package main

import (
	"sync"
	"sync/atomic"
)

// Database stands for one in the network.
type Database struct {
	mu      sync.Mutex
	orders  int
	journal []Renewal
	dialled int64
}

// Conn is a connection to it.
type Conn struct {
	number int
	db     *Database
	closed bool
}

func (d *Database) dial() *Conn {
	return &Conn{number: int(atomic.AddInt64(&d.dialled, 1)), db: d}
}

func (c *Conn) hangUp() {
	c.closed = true
}

// countOrders asks how many orders there are.
func (c *Conn) countOrders() int {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	return c.db.orders
}

// insertOrder adds an order.
func (c *Conn) insertOrder() {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.db.orders++
}

// insertRenewal adds a line to the journal.
func (c *Conn) insertRenewal(renewal Renewal) {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.db.journal = append(c.db.journal, renewal)
}
