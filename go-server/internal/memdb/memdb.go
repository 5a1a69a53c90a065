// Package memdb is a driver for database/sql whose tables lie in memory, so that
// the programs need no database beside them. It knows four statements:
//
//	INSERT INTO table VALUES (?, ?)
//	SELECT key, value FROM table
//	SELECT key, value FROM table WHERE key = ?
//	UPDATE table SET value = ? WHERE key = ?
package memdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
)

// Open returns a database of its own, empty, with at most so many connections.
func Open(connections int) *sql.DB {
	db := sql.OpenDB(&store{tables: map[string]map[int64]string{}})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

type store struct {
	mu     sync.Mutex
	tables map[string]map[int64]string
}

func (s *store) Connect(context.Context) (driver.Conn, error) { return &conn{s}, nil }
func (s *store) Driver() driver.Driver                        { return s }

// Open is for callers that know a database by its name: there are none.
func (s *store) Open(name string) (driver.Conn, error) {
	return nil, fmt.Errorf("no database has the name %q", name)
}

type conn struct{ store *store }

func (c *conn) Prepare(query string) (driver.Stmt, error) { return &stmt{c.store, query}, nil }
func (c *conn) Close() error                              { return nil }
func (c *conn) Begin() (driver.Tx, error)                 { return tx{}, nil }

// tx promises nothing: each statement takes effect at once.
type tx struct{}

func (tx) Commit() error   { return nil }
func (tx) Rollback() error { return nil }

type stmt struct {
	store *store
	query string
}

func (s *stmt) Close() error  { return nil }
func (s *stmt) NumInput() int { return strings.Count(s.query, "?") }

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	words := strings.Fields(s.query)
	switch {
	case strings.HasPrefix(s.query, "INSERT INTO ") && len(args) == 2:
		s.store.table(words[2])[args[0].(int64)] = args[1].(string)
	case strings.HasPrefix(s.query, "UPDATE ") && len(args) == 2:
		s.store.table(words[1])[args[1].(int64)] = args[0].(string)
	default:
		return nil, errors.New("memdb does not understand: " + s.query)
	}
	return driver.RowsAffected(1), nil
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	words := strings.Fields(s.query)
	if len(words) < 5 || words[0] != "SELECT" {
		return nil, errors.New("memdb does not understand: " + s.query)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	found := &rows{}
	for key, value := range s.store.table(words[4]) {
		if len(args) == 0 || args[0].(int64) == key {
			found.left = append(found.left, row{key, value})
		}
	}
	sort.Slice(found.left, func(i, j int) bool { return found.left[i].key < found.left[j].key })
	return found, nil
}

func (s *store) table(name string) map[int64]string {
	if s.tables[name] == nil {
		s.tables[name] = map[int64]string{}
	}
	return s.tables[name]
}

type row struct {
	key   int64
	value string
}

type rows struct{ left []row }

func (r *rows) Columns() []string { return []string{"key", "value"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(to []driver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	to[0], to[1] = r.left[0].key, r.left[0].value
	r.left = r.left[1:]
	return nil
}
