package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Shop is what can be ordered, and what was.
type Shop struct{ pool *pgxpool.Pool }

const tables = `
CREATE TABLE IF NOT EXISTS stock (item text PRIMARY KEY, pieces bigint NOT NULL);
CREATE TABLE IF NOT EXISTS orders (number bigserial PRIMARY KEY);
CREATE TABLE IF NOT EXISTS lines (number bigint REFERENCES orders, item text);
INSERT INTO stock SELECT 'item-' || n, 1000 FROM generate_series(1, 10) n ON CONFLICT DO NOTHING;
`

// open connects to the database and makes its tables where they are missing.
func open(ctx context.Context, url string) (*Shop, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, tables); err != nil {
		pool.Close()
		return nil, err
	}
	return &Shop{pool}, nil
}

// left tells how many pieces there are of everything together.
func (s *Shop) left(ctx context.Context) (int64, error) {
	var pieces int64
	err := s.pool.QueryRow(ctx, "SELECT sum(pieces) FROM stock").Scan(&pieces)
	return pieces, err
}
