// Command stock keeps the shelves of a shop, and moves goods from one to another.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	shop := NewShop("north", "south")
	service.Main(service.Service{Handler: routes(shop)})
}

func routes(shop *Shop) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/shelves", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, shop.Count())
	})
	mux.HandleFunc("/moves/", func(w http.ResponseWriter, r *http.Request) {
		from, to, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/moves/"), "/")
		if shop.shelves[from] == nil || shop.shelves[to] == nil {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintln(w, Move(shop.shelves[from], shop.shelves[to], bufio.NewScanner(r.Body)))
	})
	return mux
}
