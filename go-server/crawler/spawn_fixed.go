//go:build fixed

package main

// spawn fetches a page in a goroutine of its own. Never more of those fetch at a
// time than the turnstile lets in.
//
// The repair: each waits at the turnstile by itself, while the crawl takes links,
// and has left before it hands on its own.
func (c *crawl) spawn(url string) {
	go func() {
		c.gate.enter()
		found := c.site.fetch(url)
		c.gate.leave()
		c.links <- found
	}()
}
