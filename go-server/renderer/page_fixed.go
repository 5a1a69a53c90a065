//go:build fixed

package main

import (
	"bufio"
	"io"
)

// page renders a page, a figure for each of its lines, and returns its size.
//
// The repair: a slot is taken for the innermost work only. Reading what is to be
// rendered needs none.
func (r *Renderer) page(text io.Reader) (int, error) {
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
