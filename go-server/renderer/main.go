// Command renderer turns documents into pages. Rendering needs much memory, so
// that only so much of it goes on at a time.
package main

import (
	"fmt"
	"net/http"

	"lab.example/go-server/internal/service"
)

// atOnce is how many pieces of work may go on at the same time.
const atOnce = 3

func main() {
	service.Main(service.Service{Handler: routes(newRenderer(atOnce))})
}

func routes(renderer *Renderer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/pages", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			bytes, err := renderer.page(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			fmt.Fprintln(w, bytes)
			return
		}
		bytes, err := renderer.cover()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, bytes)
	})
	return mux
}
