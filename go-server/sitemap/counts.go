package main

import "sync"

// Counts remembers how many pages are below each page that was asked for.
type Counts struct {
	site  *Site
	mu    sync.Mutex
	known map[string]int64
}

func newCounts(site *Site) *Counts {
	return &Counts{site: site, known: map[string]int64{}}
}

// of returns how many pages are below a page. One request counts at a time: no
// page is counted twice.
func (c *Counts) of(page string) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pages, ok := c.known[page]; ok {
		return pages, nil
	}
	pages, err := c.site.below(page)
	if err == nil {
		c.known[page] = pages
	}
	return pages, err
}
