// Command sitemap counts the pages below a page of a large site, with a few
// goroutines for each request.
package main

import (
	"fmt"
	"net/http"

	"lab.example/go-server/internal/service"
)

const (
	// atOnce is how many pages of a request are looked at at the same time.
	atOnce = 3
	links  = 3
	levels = 3
)

func main() {
	service.Main(service.Service{Handler: routes(newCounts(newSite(links, levels)))})
}

func routes(counts *Counts) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sitemap", func(w http.ResponseWriter, r *http.Request) {
		pages, err := counts.of(r.URL.Query().Get("page"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, pages)
	})
	return mux
}
