//go:build !fixed

package main

import (
	"bufio"
	"context"
	"io"
)

// page renders a page, a figure for each of its lines, and returns its size.
//
// The fault: a page keeps its slot while its figures are rendered, each of which
// needs one too. As many pages at once as there are slots have all of them, and
// each waits for a slot for its first figure.
func (r *Renderer) page(text io.Reader) (int, error) {
	if err := r.slots.Acquire(context.Background(), 1); err != nil {
		return 0, err
	}
	defer r.slots.Release(1)
	bytes := 0
	for lines := bufio.NewScanner(text); lines.Scan(); {
		figure, err := r.figure(lines.Text())
		if err != nil {
			return 0, err
		}
		bytes += figure
	}
	return bytes, nil
}
