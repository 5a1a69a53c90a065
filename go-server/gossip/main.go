// Command gossip is one member of a cluster that tells its peers who is alive,
// and listens to what they tell.
package main

import (
	"encoding/json"
	"net/http"

	"lab.example/go-server/internal/service"
)

func main() {
	members := NewMembers()
	service.Main(service.Service{Handler: routes(members)})
}

func routes(members *Members) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/gossip", func(w http.ResponseWriter, r *http.Request) {
		var heard []Rumour
		if err := json.NewDecoder(r.Body).Decode(&heard); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		members.Merge(heard)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/members", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(members.Alive())
	})
	return mux
}
