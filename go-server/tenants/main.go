// Command tenants hosts tenants that come and go. As long as one is here, its name
// stands on the board at the door.
package main

import (
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	service.Main(service.Service{Handler: routes(NewHouse())})
}

func routes(house *House) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/tenants", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Join(house.Names(), "\n"))
	})
	mux.HandleFunc("/board", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Join(house.board.Names(), "\n"))
	})
	mux.HandleFunc("/tenants/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/tenants/")
		switch r.Method {
		case http.MethodPut:
			house.MoveIn(name)
		case http.MethodDelete:
			house.MoveOut(name)
		default:
			http.Error(w, "PUT or DELETE", http.StatusMethodNotAllowed)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
