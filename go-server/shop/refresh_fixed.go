//go:build fixed

package main

// Refresh searches anew for every word that is known, and has the brands counted,
// since a page shows both.
//
// The repair: the other cache is told when the own lock has been given back.
func (c *Results) Refresh() {
	c.mu.Lock()
	for word := range c.hits {
		c.hits[word] = c.store.Matching(word)
	}
	c.stale = false
	c.mu.Unlock()
	c.other.Invalidate()
}

// Refresh counts all brands anew, and has what was found looked up again.
func (c *Facets) Refresh() {
	c.mu.Lock()
	c.count()
	c.mu.Unlock()
	c.other.Invalidate()
}
