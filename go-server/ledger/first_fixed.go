//go:build fixed

package main

// first returns the number of an account's first entry.
//
// The repair: the rows are closed however the function is left. Closing rows
// that have closed themselves does no harm.
func (l *Ledger) first(account string) (int64, error) {
	rows, err := l.db.Query("SELECT key, value FROM entries")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var of string
		if err := rows.Scan(&number, &of); err != nil {
			return 0, err
		}
		if of == account {
			return number, nil
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return 0, errNone
}
