// Command alarms takes the alarms of a plant's machines in, and passes them on to a
// board and to a pager.
package main

import (
	"encoding/json"
	"net/http"
	"os"

	"lab.example/go-server/internal/service"
)

func main() {
	desk := openDesk(Config{Pager: os.Getenv("PAGER_NUMBER"), Board: "hall 3"})
	service.Main(service.Service{Handler: routes(desk)})
}

func routes(desk *Desk) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/alarms", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var alarm Alarm
			if err := json.NewDecoder(r.Body).Decode(&alarm); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			desk.report(alarm)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(desk.count())
	})
	return mux
}
