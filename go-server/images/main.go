// Command images keeps pictures and serves them in the size that is asked for.
// After an upload the usual sizes are made before anyone asks.
package main

import (
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	studio := NewStudio(4, 8)
	studio.Upload("cover", strings.NewReader("the picture that is there from the beginning"))
	service.Main(service.Service{Handler: routes(studio)})
}

func routes(studio *Studio) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/images/", func(w http.ResponseWriter, r *http.Request) {
		picture := strings.TrimPrefix(r.URL.Path, "/images/")
		if r.Method == http.MethodPut {
			if err := studio.Upload(picture, r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		width, ok := widths[r.FormValue("size")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(studio.Render(variant{picture, width}))
	})
	return mux
}
