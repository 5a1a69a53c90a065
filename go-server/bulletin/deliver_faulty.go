//go:build !fixed

package main

// deliver gives a notice to a reader; false when the reader has left.
//
// The fault: one who has left will never take it. The select was given a default so
// that it does not wait, and the loop around it waits all the same.
func (r *Reader) deliver(text string) bool {
	for {
		select {
		case r.notices <- text:
			return true
		default:
		}
	}
}
