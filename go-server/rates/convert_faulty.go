//go:build !fixed

package main

import (
	"bufio"
	"sync/atomic"
)

// Convert sums up amounts of a currency, one in each line, at the rates of one
// moment: nobody imports others meanwhile.
//
// The fault: it waits for an import to end with the lock that the import needs, and
// takes all the time of a processor to do so.
func (t *Table) Convert(code string, amounts *bufio.Scanner) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := 0.0
	for amounts.Scan() {
		for atomic.LoadInt32(&t.fresh) == 0 {
		}
		sum = add(sum, amounts.Text(), t.rates[code])
	}
	return sum
}
