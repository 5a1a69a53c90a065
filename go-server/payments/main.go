// Command payments keeps the invoices of a shop. Banks send in statements, a
// payment in each line, and the invoices are marked as paid.
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
	invoices    = 50
)

func main() {
	book := &Book{db: memdb.Open(connections)}
	for number := 1; number <= invoices; number++ {
		if err := book.add(int64(number)); err != nil {
			log.Fatal(err)
		}
	}
	service.Main(service.Service{Handler: routes(book)})
}

func routes(book *Book) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/invoices", func(w http.ResponseWriter, _ *http.Request) {
		open, err := book.open()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, len(open))
	})
	mux.HandleFunc("/statements", func(w http.ResponseWriter, r *http.Request) {
		paid, err := book.reconcile(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, paid)
	})
	return mux
}
