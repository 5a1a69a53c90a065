package main

import (
	"fmt"
	"time"
)

// Stock knows which articles there are.
type Stock struct {
	articles map[string]bool
}

func newStock(articles ...string) *Stock {
	s := &Stock{articles: make(map[string]bool)}
	for _, article := range articles {
		s.articles[article] = true
	}
	return s
}

// Check tells what is wrong with a line, if anything is.
func (s *Stock) Check(line Line) error {
	time.Sleep(time.Millisecond) // the warehouse is asked
	switch {
	case !s.articles[line.Article]:
		return fmt.Errorf("%s: no such article", line.Article)
	case line.Count < 1:
		return fmt.Errorf("%s: %d is no count", line.Article, line.Count)
	}
	return nil
}
