//go:build !fixed

package main

// Refresh searches anew for every word that is known, and has the brands counted,
// since a page shows both.
//
// The fault: the other cache is told with the own lock held, and does the same in
// the other direction. Each needs the lock that the other one has.
func (c *Results) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for word := range c.hits {
		c.hits[word] = c.store.Matching(word)
	}
	c.stale = false
	c.other.Invalidate()
}

// Refresh counts all brands anew, and has what was found looked up again.
func (c *Facets) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count()
	c.other.Invalidate()
}
