//go:build !fixed

package main

// send hands an event to the watcher.
//
// The fault: a watcher whose client has gone away receives no more. It is on its
// way to Unsubscribe, for which it needs the lock that the sender holds.
func (w *Watcher) send(event string) {
	w.events <- event
}
