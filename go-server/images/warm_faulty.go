//go:build !fixed

package main

// warmUp has the usual sizes of a picture made, since they will be asked for next.
//
// The fault: it is a worker that calls it. When the queue is full, it waits until
// a worker takes something out; when all workers do that, there is none left.
func (s *Studio) warmUp(picture string) {
	for _, width := range widths {
		s.queue <- task{variant: variant{picture, width}}
	}
}
