package main

import (
	"fmt"
	"sync"
)

// Site knows which pages each page links to.
type Site struct {
	mu    sync.Mutex
	links map[string][]string
}

// newSite makes a site of pages with so many links each, so many levels deep.
func newSite(links, levels int) *Site {
	site := &Site{links: map[string][]string{}}
	site.grow("", links, levels)
	return site
}

func (s *Site) grow(page string, links, levels int) {
	for i := 0; i < links && levels > 0; i++ {
		below := fmt.Sprintf("%s/%d", page, i)
		s.links[page] = append(s.links[page], below)
		s.grow(below, links, levels-1)
	}
}

// linksOf returns the pages that a page links to.
func (s *Site) linksOf(page string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links[page]
}
