//go:build fixed

package main

import "bufio"

// Move takes what a list names from one shelf to another.
//
// The repair: two shelves are locked in the order of their names, whichever way the
// goods go.
func Move(from, to *Shelf, list *bufio.Scanner) int {
	first, second := from, to
	if to.name < from.name {
		first, second = to, from
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	count := pick(list)
	if second != first {
		second.mu.Lock()
		defer second.mu.Unlock()
	}
	from.goods -= count
	to.goods += count
	return count
}
