// Command follow copies logs for whoever asks it to, until told to stop.
package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	service.Main(service.Service{Handler: routes(NewFollowers(NewJournal()))})
}

func routes(followers *Followers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/followers", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, followers.Count())
	})
	mux.HandleFunc("/followers/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/followers/")
		switch r.Method {
		case http.MethodPut:
			followers.Start(name)
			w.WriteHeader(http.StatusNoContent)
		case http.MethodDelete:
			fmt.Fprintln(w, followers.Stop(name))
		default:
			http.Error(w, "PUT or DELETE", http.StatusMethodNotAllowed)
		}
	})
	mux.HandleFunc("/journal", func(w http.ResponseWriter, r *http.Request) {
		line, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		followers.journal.Append(string(line))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
