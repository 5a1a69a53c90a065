//go:build fixed

package main

import "bufio"

// Convert sums up amounts of a currency, one in each line, at the rates of one
// moment: nobody imports others meanwhile.
//
// The repair: the lock alone keeps imports out. One that has begun to wait for it
// has changed nothing yet.
func (t *Table) Convert(code string, amounts *bufio.Scanner) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := 0.0
	for amounts.Scan() {
		sum = add(sum, amounts.Text(), t.rates[code])
	}
	return sum
}
