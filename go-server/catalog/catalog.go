package main

import "sync"

// Catalog keeps what each article costs, in cents.
type Catalog struct {
	mu     sync.RWMutex
	prices map[string]int
}

// NewCatalog returns a catalog with these prices.
func NewCatalog(prices map[string]int) *Catalog {
	return &Catalog{prices: prices}
}

// Price tells what an article costs, and whether there is one of that name.
func (c *Catalog) Price(sku string) (int, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.price(sku)
}

// price is Price for those who hold the lock.
func (c *Catalog) price(sku string) (int, bool) {
	cents, ok := c.prices[sku]
	return cents, ok
}

// SetPrice changes what an article costs.
func (c *Catalog) SetPrice(sku string, cents int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prices[sku] = cents
}
