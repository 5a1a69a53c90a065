// Command ledger answers what is on an account. Entries are kept in a database
// to which there are a few connections.
package main

import (
	"fmt"
	"log"
	"net/http"

	"lab.example/go-server/internal/memdb"
	"lab.example/go-server/internal/service"
)

const (
	connections = 4
	entries     = 20
)

func main() {
	ledger := &Ledger{db: memdb.Open(connections)}
	for number := 1; number <= entries; number++ {
		if err := ledger.enter(int64(number), fmt.Sprintf("account-%d", number%5)); err != nil {
			log.Fatal(err)
		}
	}
	service.Main(service.Service{Handler: routes(ledger)})
}

func routes(ledger *Ledger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/first", func(w http.ResponseWriter, r *http.Request) {
		number, err := ledger.first(r.URL.Query().Get("account"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		fmt.Fprintln(w, number)
	})
	mux.HandleFunc("/accounts", func(w http.ResponseWriter, _ *http.Request) {
		accounts, err := ledger.accounts()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, accounts)
	})
	return mux
}
