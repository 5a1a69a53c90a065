package main

import "sync"

// Invalidator is told that what it has made of the products is out of date.
type Invalidator interface {
	Invalidate()
}

// Results caches what was found for each word.
type Results struct {
	store *Store
	other Invalidator

	mu    sync.Mutex
	hits  map[string][]Product
	stale bool
}

// Search tells which products have this word in their title.
func (c *Results) Search(word string) []Product {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.hits[word]; ok && !c.stale {
		return found
	}
	found := c.store.Matching(word)
	c.hits[word] = found
	return found
}

// Invalidate has the next search ask the store.
func (c *Results) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = true
}

// Facets caches how many pieces of each brand there are.
type Facets struct {
	store *Store
	other Invalidator

	mu     sync.Mutex
	counts map[string]int
	stale  bool
}

// Brands tells how many pieces of each brand there are.
func (c *Facets) Brands() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stale {
		c.count()
	}
	copied := make(map[string]int, len(c.counts))
	for brand, pieces := range c.counts {
		copied[brand] = pieces
	}
	return copied
}

// Invalidate has the next look at the brands count anew.
func (c *Facets) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = true
}

// count reads all products. The lock is held.
func (c *Facets) count() {
	c.counts = make(map[string]int)
	for _, product := range c.store.All() {
		c.counts[product.Brand] += product.Stock
	}
	c.stale = false
}
