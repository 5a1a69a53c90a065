//go:build fixed

package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// Run makes the thumbnails of a batch, all at once, and returns when the last one
// is made.
//
// The repair: Done is deferred, so that it is called on every way out.
func (j *Job) Run(batch []Picture) {
	var left sync.WaitGroup
	left.Add(len(batch))
	for _, picture := range batch {
		go func(picture Picture) {
			defer left.Done()
			if _, err := shrink(picture); err != nil {
				fmt.Fprintln(os.Stderr, "skipped:", err)
				return
			}
			atomic.AddInt64(&j.pictures, 1)
		}(picture)
	}
	left.Wait()
	atomic.AddInt64(&j.batches, 1)
}
