// Command invoices exports the invoices of a year into an archive that takes files
// of a limited size.
package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	archive := NewArchive()
	service.Main(service.Service{Handler: routes(archive)})
}

func routes(archive *Archive) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/archive", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, archive.Files())
	})
	mux.HandleFunc("/exports/", func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/exports/"))
		if err != nil {
			http.Error(w, "a number of invoices", http.StatusBadRequest)
			return
		}
		if err := archive.Export(count); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
