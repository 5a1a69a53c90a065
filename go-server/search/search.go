package main

import "context"

// Search knows all the mirrors.
type Search struct {
	mirrors []Mirror
}

// ask passes on what one mirror says.
func ask(mirror Mirror, query string, answers chan<- Answer) {
	answer, err := mirror.Lookup(query)
	answer.Err = err
	answers <- answer
}

// quickest is the first answer that comes, if one comes in time.
func quickest(ctx context.Context, answers <-chan Answer) (Answer, error) {
	select {
	case answer := <-answers:
		return answer, answer.Err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}
