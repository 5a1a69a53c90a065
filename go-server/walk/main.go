// Command walk tells how much room the folders of an archive take, unpacked.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	archive, err := sampleArchive()
	if err != nil {
		log.Fatal(err)
	}
	service.Main(service.Service{Handler: routes(archive)})
}

func routes(archive fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sizes/", func(w http.ResponseWriter, r *http.Request) {
		folder := strings.Trim(strings.TrimPrefix(r.URL.Path, "/sizes/"), "/")
		if folder == "" {
			folder = "."
		}
		total := sizeOf(archive, folder)
		if errors.Is(total.err, fs.ErrNotExist) {
			http.NotFound(w, r)
			return
		}
		if total.err != nil {
			http.Error(w, total.err.Error(), http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprintln(w, total.bytes)
	})
	return mux
}
