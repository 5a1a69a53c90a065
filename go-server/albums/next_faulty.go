//go:build !fixed

package main

// next returns the next piece of work, or false when there will be none. Before it
// waits it calls flush: what has been done so far is not to be held back.
//
// The fault: whether to wait is decided with the lock given back, and by the time
// of Wait it may no longer be true. The signal came in between, when nobody waited
// for it, and there is no other.
func (q *Queue[T]) next(flush func()) (T, bool) {
	if q.idle() {
		flush()
		q.mu.Lock()
		q.filled.Wait()
		q.mu.Unlock()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.take()
}
