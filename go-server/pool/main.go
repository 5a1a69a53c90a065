// Command pool takes orders and keeps them in a database, to which it has a few
// connections. When another machine becomes the primary, all are dialled anew.
package main

import (
	"fmt"
	"io"
	"net/http"

	"lab.example/go-server/internal/service"
)

const (
	connections = 3
	longestName = 64
)

func main() {
	database := new(Database)
	pool := newPool(database.dial, connections)
	go keepJournal(pool)
	service.Main(service.Service{Handler: routes(pool)})
}

// keepJournal writes down each renewal.
func keepJournal(pool *Pool) {
	for renewal := range pool.renewals {
		conn := pool.acquire()
		conn.insertRenewal(renewal)
		pool.release(conn)
	}
}

func routes(pool *Pool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		conn := pool.acquire()
		defer pool.release(conn)
		if r.Method == http.MethodPost {
			conn.insertOrder()
			w.WriteHeader(http.StatusCreated)
			return
		}
		fmt.Fprintln(w, conn.countOrders())
	})
	// Whoever watches the databases tells which one is the primary now.
	mux.HandleFunc("/primary", func(w http.ResponseWriter, r *http.Request) {
		name, err := io.ReadAll(io.LimitReader(r.Body, longestName))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pool.failovers <- string(name)
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}
