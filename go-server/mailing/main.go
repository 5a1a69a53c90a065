// Command mailing sends letters to many at once and says when all are on their
// way.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"lab.example/go-server/internal/service"
)

func main() {
	service.Main(service.Service{Handler: routes(NewPostOffice())})
}

func routes(office *PostOffice) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/mailings", func(w http.ResponseWriter, r *http.Request) {
		var addresses []string
		if err := json.NewDecoder(r.Body).Decode(&addresses); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mailing := &Mailing{office: office}
		delivered, refused := mailing.Send(addresses)
		fmt.Fprintf(w, "%d delivered, %d refused\n", delivered, refused)
	})
	return mux
}
