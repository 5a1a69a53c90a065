//go:build !fixed

package main

import "sync"

// each applies a check to all items at the same time. It returns one of the
// errors, when there are any.
//
// The fault: there is room for the one error that is returned. Whoever finds a
// second one waits for somebody to take it, and each waits for all checks before
// it takes any.
func each[T any](items []T, check func(T) error) error {
	var checks sync.WaitGroup
	failed := make(chan error, 1)
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
