// Command depot takes in what builds produce, and hands it out to those who test
// and deliver it.
package main

import (
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	service.Main(service.Service{Handler: routes()})
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/artifacts", func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range list() {
			fmt.Fprintln(w, name)
		}
	})
	mux.HandleFunc("/artifacts/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/artifacts/")
		if r.Method == http.MethodPut {
			if err := receive(name, r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				return
			}
			w.WriteHeader(http.StatusCreated)
			return
		}
		content, ok := find(name)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(content)
	})
	return mux
}
