// Command transfer moves money between the accounts of a bank.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	bank := NewBank(map[string]int64{"NO93-01": 500_000, "PE27-08": 320_000, "IT60-05": 90_000}, NewWindow())
	service.Main(service.Service{Handler: routes(bank)})
}

func routes(bank *Bank) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/accounts/", func(w http.ResponseWriter, r *http.Request) {
		account := bank.accounts[strings.TrimPrefix(r.URL.Path, "/accounts/")]
		if account == nil {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintln(w, account.Balance())
	})
	mux.HandleFunc("/transfers", func(w http.ResponseWriter, r *http.Request) {
		var order Order
		if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := bank.Execute(order); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	// The clearing house says when it settles.
	mux.HandleFunc("/window", func(w http.ResponseWriter, r *http.Request) {
		bank.window.Set(r.Method != http.MethodDelete)
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
