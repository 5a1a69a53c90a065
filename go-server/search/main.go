// Command search asks several mirrors of an index at once and passes on what the
// quickest of them says.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lab.example/go-server/internal/service"
)

// patience is how long a client is kept waiting at most.
const patience = 5 * time.Second

func main() {
	search := &Search{mirrors: []Mirror{
		newIndex("here", 1*time.Millisecond),
		newIndex("next door", 4*time.Millisecond),
		newIndex("overseas", 20*time.Millisecond),
	}}
	service.Main(service.Service{Handler: routes(search)})
}

func routes(search *Search) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/search", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		answer, err := search.First(ctx, r.FormValue("q"))
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			http.Error(w, "no mirror answers", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			fmt.Fprintf(w, "%s: %d found\n", answer.Mirror, len(answer.Titles))
		}
	})
	return mux
}
