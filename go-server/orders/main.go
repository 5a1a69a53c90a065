// Command orders takes the orders of a shop and reserves what was ordered, in
// PostgreSQL: in the database that
// DATABASE_URL names, or in one of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"lab.example/go-server/internal/postgres"
	"lab.example/go-server/internal/service"
)

// connections is how many the shop's plan of its hoster allows.
const connections = 4

func main() {
	url := os.Getenv("DATABASE_URL")
	var own *postgres.Server
	if url == "" {
		var err error
		if own, err = postgres.Start(); err != nil {
			log.Fatal(err)
		}
		url = own.URL
	}
	shop, err := open(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	service.Main(service.Service{
		Handler: routes(shop),
		Close: func(context.Context) error {
			shop.pool.Close()
			if own == nil {
				return nil
			}
			return own.Stop()
		},
	})
}

func routes(shop *Shop) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/stock", func(w http.ResponseWriter, r *http.Request) {
		left, err := shop.left(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, left)
	})
	mux.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		// An order that was begun is brought to its end, whether its customer waits
		// for that or not.
		number, err := shop.place(context.Background(), r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, number)
	})
	return mux
}
