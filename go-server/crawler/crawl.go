package main

import "sync/atomic"

// fetchers is how many pages of a site may be asked for at a time.
const fetchers = 4

// crawl is one walk through a site. One goroutine decides what is fetched, so that
// what it knows needs no lock.
type crawl struct {
	site  Site
	gate  *Turnstile
	links chan []string
	seen  map[string]bool
	pages *int64
}

// crawlSite fetches every page that can be reached from the first one, once each,
// and counts them.
func crawlSite(site Site, first string, pages *int64) {
	c := &crawl{
		site:  site,
		gate:  newTurnstile(fetchers),
		links: make(chan []string),
		seen:  make(map[string]bool),
		pages: pages,
	}
	c.follow(first)
}

func (c *crawl) follow(first string) {
	c.seen[first] = true
	c.spawn(first)
	for pending := 1; pending > 0; pending-- {
		found := <-c.links
		atomic.AddInt64(c.pages, 1)
		for _, url := range found {
			if !c.seen[url] {
				c.seen[url] = true
				pending++
				c.spawn(url)
			}
		}
	}
}
