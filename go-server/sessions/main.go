// Command sessions knows who is logged in, and how many seats of its licence are
// taken.
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
	mux.HandleFunc("/seats", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, desk.SeatsTaken())
	})
	mux.HandleFunc("/sessions/", func(w http.ResponseWriter, r *http.Request) {
		user := strings.TrimPrefix(r.URL.Path, "/sessions/")
		switch r.Method {
		case http.MethodPost:
			desk.Login(user)
		case http.MethodDelete:
			desk.Logout(user)
		default:
			http.Error(w, "POST logs in, DELETE logs out", http.StatusMethodNotAllowed)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
