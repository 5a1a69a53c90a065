// Command audit keeps the balances of accounts, and a log of every change.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	trail := NewTrail()
	accounts := NewAccounts(trail)
	go trail.Keep(log.New(os.Stderr, "audit ", 0), accounts)
	service.Main(service.Service{Handler: routes(accounts)})
}

func routes(accounts *Accounts) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/balances/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, accounts.Balance(strings.TrimPrefix(r.URL.Path, "/balances/")))
	})
	mux.HandleFunc("/payments", func(w http.ResponseWriter, r *http.Request) {
		var payments []Payment
		if err := json.NewDecoder(r.Body).Decode(&payments); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		accounts.Post(payments)
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
