//go:build !fixed

package main

// Post makes payments, all or none of which anybody sees.
//
// The fault: it hands them to the trail with the lock held. When the trail is
// full, it waits for its keeper; and the keeper, who is about to seal the trail,
// waits for the lock.
func (a *Accounts) Post(payments []Payment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range payments {
		a.apply(p)
		a.trail.entries <- p
	}
}
