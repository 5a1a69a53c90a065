// Command quotes asks an exchange for prices: questions go out, and answers come in
// some time later, with the number of their question.
package main

import (
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	desk := NewDesk()
	service.Main(service.Service{Handler: routes(desk)})
}

func routes(desk *Desk) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/quotes/", func(w http.ResponseWriter, r *http.Request) {
		price, err := desk.Quote(strings.TrimPrefix(r.URL.Path, "/quotes/"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		fmt.Fprintln(w, price)
	})
	mux.HandleFunc("/answers", func(w http.ResponseWriter, _ *http.Request) {
		desk.Answer(100)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/session", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			desk.Reconnect()
		}
		fmt.Fprintln(w, desk.Open())
	})
	return mux
}
