//go:build fixed

package main

import (
	"bufio"
	"context"
	"io"

	"github.com/jackc/pgx/v5"
)

// place takes an order, an item in each line, and returns its number.
//
// The repair: what was ordered is reserved in the order's own transaction. No
// request ever has more than one connection.
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
		if err := reserve(ctx, tx, lines.Text()); err != nil {
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
func reserve(ctx context.Context, tx pgx.Tx, item string) error {
	_, err := tx.Exec(ctx, "UPDATE stock SET pieces = pieces - 1 WHERE item = $1", item)
	return err
}
