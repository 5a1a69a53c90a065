//go:build !fixed

package main

import (
	"bufio"
	"io"
)

// reconcile goes through the invoices and the lines of a statement side by side,
// and marks the invoices as paid. It returns how many there were.
//
// The fault: while the rows are open they keep their connection, and each mark
// needs another one. As many statements at once as there are connections have
// all of them, and wait for one more.
func (b *Book) reconcile(statement io.Reader) (int, error) {
	rows, err := b.db.Query("SELECT key, value FROM invoices")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	lines := bufio.NewScanner(statement)
	paid := 0
	for lines.Scan() && rows.Next() {
		var number int64
		var state string
		if err := rows.Scan(&number, &state); err != nil {
			return paid, err
		}
		if err := b.markPaid(number, lines.Text()); err != nil {
			return paid, err
		}
		paid++
	}
	return paid, lines.Err()
}
