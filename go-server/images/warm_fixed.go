//go:build fixed

package main

// warmUp has the usual sizes of a picture made, since they will be asked for next.
//
// The repair: a worker never waits for the workers. When the queue is full, there
// is enough to do, and the sizes are made when somebody asks for them.
func (s *Studio) warmUp(picture string) {
	for _, width := range widths {
		select {
		case s.queue <- task{variant: variant{picture, width}}:
		default:
			return
		}
	}
}
