// Command intake takes orders in. The lines of an order are checked at the same
// time, and an order with a line that makes no sense is refused.
package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"

	"lab.example/go-server/internal/service"
)

// Line is one line of an order.
type Line struct {
	Article string `json:"article"`
	Count   int    `json:"count"`
}

func main() {
	service.Main(service.Service{Handler: routes(newStock("tea", "rice", "salt"))})
}

func routes(stock *Stock) http.Handler {
	var taken int64
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]int64{"taken": atomic.LoadInt64(&taken)})
	})
	mux.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		var order []Line
		if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := each(order, stock.Check); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		atomic.AddInt64(&taken, 1)
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
