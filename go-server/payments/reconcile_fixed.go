//go:build fixed

package main

import (
	"bufio"
	"io"
)

// reconcile goes through the invoices and the lines of a statement side by side,
// and marks the invoices as paid. It returns how many there were.
//
// The repair: the rows are read to the end, and closed, before anything is
// marked. No request ever has more than one connection.
func (b *Book) reconcile(statement io.Reader) (int, error) {
	numbers, err := b.numbers()
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(statement)
	paid := 0
	for lines.Scan() && paid < len(numbers) {
		if err := b.markPaid(numbers[paid], lines.Text()); err != nil {
			return paid, err
		}
		paid++
	}
	return paid, lines.Err()
}

// numbers tells the numbers of all invoices, in order.
func (b *Book) numbers() ([]int64, error) {
	rows, err := b.db.Query("SELECT key, value FROM invoices")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var numbers []int64
	for rows.Next() {
		var number int64
		var state string
		if err := rows.Scan(&number, &state); err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	return numbers, rows.Err()
}
