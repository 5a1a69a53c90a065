// Command catalog serves the prices of a shop. Quotes for whole baskets are
// streamed in, one line at a time.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	prices := NewCatalog(map[string]int{"tea": 350, "rice": 199, "salt": 89})
	service.Main(service.Service{Handler: routes(prices)})
}

func routes(prices *Catalog) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/prices/", func(w http.ResponseWriter, r *http.Request) {
		sku := strings.TrimPrefix(r.URL.Path, "/prices/")
		if r.Method == http.MethodPut {
			var cents int
			if err := json.NewDecoder(r.Body).Decode(&cents); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			prices.SetPrice(sku, cents)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		cents, ok := prices.Price(sku)
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintln(w, cents)
	})
	mux.HandleFunc("/quotes", func(w http.ResponseWriter, r *http.Request) {
		total, err := prices.Quote(json.NewDecoder(r.Body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, total)
	})
	return mux
}

// Line is one line of a basket.
type Line struct {
	SKU   string `json:"sku"`
	Count int    `json:"count"`
}

var errUnknownSKU = errors.New("no such article")

// eachLine calls add for each line of a basket until its end.
func eachLine(basket *json.Decoder, add func(Line) error) error {
	for {
		var line Line
		if err := basket.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := add(line); err != nil {
			return err
		}
	}
}
