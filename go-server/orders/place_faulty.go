//go:build !fixed

package main

import (
	"bufio"
	"context"
	"io"
)

// place takes an order, an item in each line, and returns its number.
//
// The fault: the order is written in a transaction, which has a connection for
// itself, and what was ordered is reserved by another one. As many orders at
// once as there are connections have all of them, and wait for one more.
func (s *Shop) place(ctx context.Context, items io.Reader) (int64, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx)
	var number int64
	if err := tx.QueryRow(ctx, "INSERT INTO orders DEFAULT VALUES RETURNING number").Scan(&number); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(items)
	for lines.Scan() {
		if err := s.reserve(ctx, lines.Text()); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO lines VALUES ($1, $2)", number, lines.Text()); err != nil {
			return 0, err
		}
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return number, tx.Commit(ctx)
}

// reserve takes a piece out of the stock.
func (s *Shop) reserve(ctx context.Context, item string) error {
	_, err := s.pool.Exec(ctx, "UPDATE stock SET pieces = pieces - 1 WHERE item = $1", item)
	return err
}
