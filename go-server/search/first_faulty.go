//go:build !fixed

package main

import "context"

// First asks all mirrors at once and returns what the quickest says.
//
// The fault: one answer is received. The mirrors that come later have nobody to
// give theirs to, and wait for ever.
func (s *Search) First(ctx context.Context, query string) (Answer, error) {
	answers := make(chan Answer)
	for _, mirror := range s.mirrors {
		go ask(mirror, query, answers)
	}
	return quickest(ctx, answers)
}
