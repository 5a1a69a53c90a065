//go:build fixed

package main

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// below counts the pages below a page, level by level.
//
// The repair: only the goroutine that waits for the group starts others. Those of
// a level are all done before the next level begins.
func (s *Site) below(page string) (int64, error) {
	var pages int64
	for level := []string{page}; len(level) > 0; {
		next, err := s.linksOfAll(level)
		if err != nil {
			return pages, err
		}
		pages += int64(len(next))
		level = next
	}
	return pages, nil
}

func (s *Site) linksOfAll(level []string) ([]string, error) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var all []string
	for _, page := range level {
		page := page
		group.Go(func() error {
			links := s.linksOf(page)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, links...)
			return nil
		})
	}
	err := group.Wait()
	return all, err
}
