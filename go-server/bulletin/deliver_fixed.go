//go:build fixed

package main

// deliver gives a notice to a reader; false when the reader has left.
//
// The repair: it waits for the reader to take it or to leave, whichever comes first.
func (r *Reader) deliver(text string) bool {
	select {
	case r.notices <- text:
		return true
	case <-r.gone:
		return false
	}
}
