package main

import (
	"bufio"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Table has what each currency is worth.
type Table struct {
	// fresh is 1 unless an import is under way: then nobody is to use the rates.
	fresh int32

	mu    sync.Mutex
	rates map[string]float64
}

// NewTable returns the table of the first day.
func NewTable() *Table {
	return &Table{fresh: 1, rates: map[string]float64{"EUR": 1.08, "GBP": 1.27}}
}

// Import takes in lines such as EUR=1.08.
func (t *Table) Import(lines *bufio.Scanner) {
	atomic.StoreInt32(&t.fresh, 0)
	t.mu.Lock()
	defer t.mu.Unlock()
	for lines.Scan() {
		code, text, _ := strings.Cut(lines.Text(), "=")
		if rate, err := strconv.ParseFloat(text, 64); err == nil {
			t.rates[code] = rate
		}
	}
	atomic.StoreInt32(&t.fresh, 1)
}

// String lists all rates.
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]string, 0, len(t.rates))
	for code, rate := range t.rates {
		out = append(out, fmt.Sprintf("%s=%.2f", code, rate))
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

// add is the sum of an amount and one more, at a rate.
func add(sum float64, line string, rate float64) float64 {
	amount, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil {
		return sum
	}
	return sum + amount*rate
}
