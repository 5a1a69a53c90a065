package main

import (
	"bufio"
	"strings"
	"sync"
)

// Shelf has goods of one kind.
type Shelf struct {
	name string

	mu    sync.Mutex
	goods int
}

// Shop is all shelves by their names, which never change.
type Shop struct {
	shelves map[string]*Shelf
}

// NewShop returns a shop with full shelves.
func NewShop(names ...string) *Shop {
	shop := &Shop{shelves: make(map[string]*Shelf)}
	for _, name := range names {
		shop.shelves[name] = &Shelf{name: name, goods: 1000}
	}
	return shop
}

// Count tells how much there is in all.
func (s *Shop) Count() int {
	sum := 0
	for _, shelf := range s.shelves {
		shelf.mu.Lock()
		sum += shelf.goods
		shelf.mu.Unlock()
	}
	return sum
}

// pick reads which goods are to be moved, one in each line, and counts them.
func pick(list *bufio.Scanner) int {
	count := 0
	for list.Scan() {
		if strings.TrimSpace(list.Text()) != "" {
			count++
		}
	}
	return count
}
