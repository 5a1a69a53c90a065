package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Item is a number of pieces of one article.
type Item struct {
	Article string `json:"article"`
	Count   int    `json:"count"`
}

// Warehouse has the stock of one place.
type Warehouse struct {
	mu       sync.Mutex
	stock    map[string]int
	siblings map[string]string
}

// NewWarehouse begins with that stock.
func NewWarehouse(stock map[string]int, siblings map[string]string) *Warehouse {
	return &Warehouse{stock: stock, siblings: siblings}
}

var (
	errNoSibling = errors.New("no such warehouse")
	errNoStock   = errors.New("not so many pieces are here")
)

// Stock tells what is here.
func (w *Warehouse) Stock() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	stock := make(map[string]int, len(w.stock))
	for article, count := range w.stock {
		stock[article] = count
	}
	return stock
}

// Receive puts what another warehouse has sent on the shelves.
func (w *Warehouse) Receive(items []Item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(items)
}

// put needs the lock.
func (w *Warehouse) put(items []Item) {
	for _, item := range items {
		w.stock[item.Article] += item.Count
	}
}

// take needs the lock. It takes the piece count of one item off the shelves.
func (w *Warehouse) take(item Item) error {
	if item.Count <= 0 || w.stock[item.Article] < item.Count {
		return errNoStock
	}
	w.stock[item.Article] -= item.Count
	return nil
}

// Road says for how long a delivery is waited for.
type Road struct {
	context.Context
	// Patience is how long a sibling may take to answer; 0 for ever.
	Patience time.Duration
}

// deliver brings goods to a sibling; they are its own when it has answered.
func (w *Warehouse) deliver(url string, items []Item, road Road) error {
	var body bytes.Buffer
	for _, item := range items {
		if err := json.NewEncoder(&body).Encode(item); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(road.Context, http.MethodPost, url+"/deliveries", &body)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: road.Patience}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the sibling answered %s", response.Status)
	}
	return nil
}

// List is read one item after the other.
type List struct{ decoder *json.Decoder }

// NewList reads items from JSON lines.
func NewList(r io.Reader) *List { return &List{decoder: json.NewDecoder(r)} }

// Next returns io.EOF after the last item.
func (l *List) Next() (Item, error) {
	var item Item
	err := l.decoder.Decode(&item)
	return item, err
}

// All reads to the end.
func (l *List) All() ([]Item, error) {
	var items []Item
	for {
		item, err := l.Next()
		if err == io.EOF {
			return items, nil
		}
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
}
