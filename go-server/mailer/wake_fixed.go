//go:build fixed

package main

// wake tells those who wait that there is a letter more or less.
//
// The repair: who waits for different things on one condition variable is woken
// together, and each looks for himself.
func (o *Outbox) wake() {
	o.changed.Broadcast()
}
