package main

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// largest is the size of the largest file that the archive takes, in bytes.
const largest = 4 << 10

var errTooLarge = errors.New("the archive takes no file of that size")

// Archive keeps what is exported.
type Archive struct {
	files int64
}

// NewArchive returns an empty one.
func NewArchive() *Archive {
	return &Archive{}
}

// Files tells how many files it has.
func (a *Archive) Files() int64 {
	return atomic.LoadInt64(&a.files)
}

// store reads a file to its end, unless it is too large.
func (a *Archive) store(file io.Reader) error {
	size, err := io.Copy(io.Discard, io.LimitReader(file, largest+1))
	if err != nil {
		return err
	}
	if size > largest {
		return errTooLarge
	}
	atomic.AddInt64(&a.files, 1)
	return nil
}

// render writes invoices, a line for each.
func render(file *io.PipeWriter, count int) {
	for i := 1; i <= count; i++ {
		if _, err := fmt.Fprintf(file, "invoice %06d, 49.90 EUR\n", i); err != nil {
			return
		}
	}
	file.Close()
}
