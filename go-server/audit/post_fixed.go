//go:build fixed

package main

// Post makes payments, all or none of which anybody sees.
//
// The repair: what happens under the lock ends by itself. The trail may take its
// time.
func (a *Accounts) Post(payments []Payment) {
	a.mu.Lock()
	for _, p := range payments {
		a.apply(p)
	}
	a.mu.Unlock()
	for _, p := range payments {
		a.trail.entries <- p
	}
}
