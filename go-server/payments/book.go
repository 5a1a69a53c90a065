package main

import (
	"database/sql"
)

// Book is the book of invoices, in a database to which there are a few
// connections.
type Book struct{ db *sql.DB }

const unpaid = "unpaid"

func (b *Book) add(number int64) error {
	_, err := b.db.Exec("INSERT INTO invoices VALUES (?, ?)", number, unpaid)
	return err
}

// open tells the numbers of the invoices that nobody has paid, in order.
func (b *Book) open() ([]int64, error) {
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
		if state == unpaid {
			numbers = append(numbers, number)
		}
	}
	return numbers, rows.Err()
}

// markPaid writes down which payment an invoice was paid with.
func (b *Book) markPaid(number int64, payment string) error {
	_, err := b.db.Exec("UPDATE invoices SET value = ? WHERE key = ?", payment, number)
	return err
}
