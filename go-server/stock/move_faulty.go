//go:build !fixed

package main

import "bufio"

// Move takes what a list names from one shelf to another.
//
// The fault: it keeps the first shelf while it tries to lock the second, over and
// over. TryLock was to prevent a deadlock; the one that comes from the other side
// tries just as hard.
func Move(from, to *Shelf, list *bufio.Scanner) int {
	from.mu.Lock()
	defer from.mu.Unlock()
	count := pick(list)
	for !to.mu.TryLock() {
	}
	defer to.mu.Unlock()
	from.goods -= count
	to.goods += count
	return count
}
