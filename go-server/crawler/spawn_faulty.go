//go:build !fixed

package main

// spawn fetches a page in a goroutine of its own. There are never more of those
// than the turnstile lets in.
//
// The fault: it is the crawl itself that waits at the turnstile, and as long as it
// does it takes no links. Those inside wait for it to take theirs before they leave.
func (c *crawl) spawn(url string) {
	c.gate.enter()
	go func() {
		defer c.gate.leave()
		c.links <- c.site.fetch(url)
	}()
}
