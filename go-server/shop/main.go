// Command search finds the products of a shop. What was found, and how many pieces
// of each brand there are, is kept in two caches, which follow the sales.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"lab.example/go-server/internal/service"
)

func main() {
	store := &Store{products: []Product{
		{Title: "green tea", Brand: "Hill", Stock: 12},
		{Title: "black tea", Brand: "Hill", Stock: 7},
		{Title: "tea pot", Brand: "Kiln", Stock: 3},
		{Title: "coffee pot", Brand: "Kiln", Stock: 5},
	}}
	results := &Results{store: store, hits: map[string][]Product{"tea": nil, "pot": nil}, stale: true}
	facets := &Facets{store: store, stale: true}
	results.other, facets.other = facets, results

	shop := &Shop{store: store}
	service.Main(service.Service{
		Handler: routes(shop, results, facets),
		Work: func(ctx context.Context) {
			go shop.Follow(ctx, results.Refresh)
			go shop.Follow(ctx, facets.Refresh)
		},
	})
}

// Shop tells those who follow it of its sales.
type Shop struct {
	store *Store

	mu        sync.Mutex
	followers []chan struct{}
}

// Follow calls refresh after sales until the context ends. Sales during a call are
// made up for by the next one.
func (s *Shop) Follow(ctx context.Context, refresh func()) {
	sold := make(chan struct{}, 1)
	s.mu.Lock()
	s.followers = append(s.followers, sold)
	s.mu.Unlock()
	for {
		select {
		case <-sold:
			refresh()
		case <-ctx.Done():
			return
		}
	}
}

// Sell takes a piece of a product away, and tells the followers.
func (s *Shop) Sell(title string) {
	s.store.Sell(title)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sold := range s.followers {
		select {
		case sold <- struct{}{}:
		default: // has not taken notice of the last one yet
		}
	}
}

func routes(shop *Shop, results *Results, facets *Facets) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, value any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(value)
	}
	mux.HandleFunc("/search", func(w http.ResponseWriter, r *http.Request) {
		answer(w, results.Search(r.FormValue("q")))
	})
	mux.HandleFunc("/brands", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, facets.Brands())
	})
	mux.HandleFunc("/sales", func(w http.ResponseWriter, r *http.Request) {
		shop.Sell(r.FormValue("title"))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
