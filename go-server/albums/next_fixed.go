//go:build fixed

package main

// next returns the next piece of work, or false when there will be none. Before it
// waits it calls flush: what has been done so far is not to be held back.
//
// The repair: whether to wait is decided under the lock that Wait gives back, and
// again after each wake-up.
func (q *Queue[T]) next(flush func()) (T, bool) {
	if q.idle() {
		flush()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.filled.Wait()
	}
	return q.take()
}
