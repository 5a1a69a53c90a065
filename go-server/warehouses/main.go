// Command warehouses keeps the stock of one warehouse, and sends goods to the
// others. Each warehouse is a process of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"lab.example/go-server/internal/service"
)

func main() {
	siblings := siblingsFlag{}
	flag.Var(siblings, "sibling", "another warehouse, `NAME=URL`; may be repeated")
	patience := flag.Duration("patience", 0, "how long a sibling may take to answer; 0 for ever")
	giveUp := flag.Bool("give-up", false, "end a transfer when whoever asked for it hangs up")
	w := NewWarehouse(map[string]int{"lamp": 400, "chair": 120, "table": 60}, siblings)
	service.Main(service.Service{Handler: routes(w, patience, giveUp)})
}

// siblingsFlag has the addresses of the other warehouses by their names.
type siblingsFlag map[string]string

func (s siblingsFlag) String() string { return fmt.Sprint(map[string]string(s)) }

func (s siblingsFlag) Set(text string) error {
	name, url, found := strings.Cut(text, "=")
	if !found {
		return errors.New("want NAME=URL")
	}
	s[name] = strings.TrimSuffix(url, "/")
	return nil
}

func routes(w *Warehouse, patience *time.Duration, giveUp *bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/stock", func(rw http.ResponseWriter, r *http.Request) {
		json.NewEncoder(rw).Encode(w.Stock())
	})
	// A lorry's list: one item after the other, as the scanner reads them.
	mux.HandleFunc("/transfers", func(rw http.ResponseWriter, r *http.Request) {
		road := Road{Context: context.Background(), Patience: *patience}
		if *giveUp {
			road.Context = r.Context()
		}
		answer(rw, w.Ship(r.URL.Query().Get("to"), NewList(r.Body), road))
	})
	mux.HandleFunc("/deliveries", func(rw http.ResponseWriter, r *http.Request) {
		items, err := NewList(r.Body).All()
		if err == nil {
			w.Receive(items)
		}
		answer(rw, err)
	})
	return mux
}

func answer(rw http.ResponseWriter, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "warehouse:", err)
		http.Error(rw, err.Error(), http.StatusConflict)
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}
