//go:build fixed

package main

import "sync"

// each applies a check to all items at the same time. It returns one of the
// errors, when there are any.
//
// The repair: there is room for an error of each item.
func each[T any](items []T, check func(T) error) error {
	var checks sync.WaitGroup
	failed := make(chan error, len(items))
	for _, item := range items {
		checks.Add(1)
		go func(item T) {
			defer checks.Done()
			if err := check(item); err != nil {
				failed <- err
			}
		}(item)
	}
	checks.Wait()
	close(failed)
	return <-failed
}
