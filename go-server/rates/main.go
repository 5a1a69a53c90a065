// Command rates converts amounts of money by a table that is imported every now and
// then.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	table := NewTable()
	service.Main(service.Service{Handler: routes(table)})
}

func routes(table *Table) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/rates", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			table.Import(bufio.NewScanner(r.Body))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintln(w, table)
	})
	mux.HandleFunc("/convert/", func(w http.ResponseWriter, r *http.Request) {
		code := strings.TrimPrefix(r.URL.Path, "/convert/")
		fmt.Fprintf(w, "%.2f\n", table.Convert(code, bufio.NewScanner(r.Body)))
	})
	return mux
}
