//go:build fixed

package main

// send hands an event to the watcher.
//
// The repair: what is sent to a client that has gone away is dropped.
func (w *Watcher) send(event string) {
	select {
	case w.events <- event:
	case <-w.gone:
	}
}
