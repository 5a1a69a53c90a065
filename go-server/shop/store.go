package main

import (
	"strings"
	"sync"
	"time"
)

// readTime is about what the shop's database needs for an answer.
const readTime = 2 * time.Millisecond

// Product is what can be found.
type Product struct {
	Title string
	Brand string
	Stock int
}

// Store stands for the shop's database.
type Store struct {
	mu       sync.Mutex
	products []Product
}

// All reads every product.
func (s *Store) All() []Product {
	time.Sleep(readTime)
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Product(nil), s.products...)
}

// Matching reads the products with this word in their title.
func (s *Store) Matching(word string) []Product {
	var found []Product
	for _, product := range s.All() {
		if strings.Contains(product.Title, word) {
			found = append(found, product)
		}
	}
	return found
}

// Sell takes one piece of a product away, if there is one.
func (s *Store) Sell(title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.products {
		if product := &s.products[i]; product.Title == title && product.Stock > 0 {
			product.Stock--
		}
	}
}
