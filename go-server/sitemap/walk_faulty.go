//go:build !fixed

package main

import (
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// below counts the pages below a page.
func (s *Site) below(page string) (int64, error) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	var pages int64
	group.Go(func() error { return s.walk(page, &group, &pages) })
	err := group.Wait()
	return pages, err
}

// walk counts the pages that a page links to, and walks on from each of them in a
// goroutine of its own.
//
// The fault: a goroutine of the group starts others, and Go waits while there
// are as many as the limit allows. As soon as all of them stand in Go, none comes
// to its end.
func (s *Site) walk(page string, group *errgroup.Group, pages *int64) error {
	for _, below := range s.linksOf(page) {
		below := below
		atomic.AddInt64(pages, 1)
		group.Go(func() error { return s.walk(below, group, pages) })
	}
	return nil
}
