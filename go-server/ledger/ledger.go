package main

import (
	"database/sql"
	"errors"
)

// Ledger is all that was ever entered.
type Ledger struct{ db *sql.DB }

var errNone = errors.New("there is no entry of that account")

func (l *Ledger) enter(number int64, account string) error {
	_, err := l.db.Exec("INSERT INTO entries VALUES (?, ?)", number, account)
	return err
}

// accounts counts the accounts that have an entry.
func (l *Ledger) accounts() (int, error) {
	rows, err := l.db.Query("SELECT key, value FROM entries")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var number int64
		var account string
		if err := rows.Scan(&number, &account); err != nil {
			return 0, err
		}
		known[account] = true
	}
	return len(known), rows.Err()
}
