// Command dump writes the traceback of as many goroutines as it is told to a file, as net/http/pprof does with
// debug=2 but without its limit of 64 MB: requests of several kinds, each below some layers of middleware, that wait
// for a lock, a channel or a condition.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

type request struct {
	id   int
	path string
	body []byte
}

type store struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	cond  *sync.Cond
	full  chan *request
	never chan error
}

type handler interface {
	serve(ctx context.Context, r *request, name string) error
}

type layer struct {
	next  handler
	depth int
}

//go:noinline
func (l *layer) serve(ctx context.Context, r *request, name string) error {
	if l.depth == 0 {
		return l.next.serve(ctx, r, name)
	}
	return (&layer{l.next, l.depth - 1}).again(ctx, r, name, r.body)
}

//go:noinline
func (l *layer) again(ctx context.Context, r *request, name string, body []byte) error {
	err := l.serve(ctx, r, name)
	runtime.KeepAlive(body)
	return err
}

type byLock struct{ *store }
type byReader struct{ *store }
type bySend struct{ *store }
type bySelect struct{ *store }
type byCond struct{ *store }

//go:noinline
func (s byLock) serve(ctx context.Context, r *request, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return nil
}

//go:noinline
func (s byReader) serve(ctx context.Context, r *request, name string) error {
	s.rw.RLock()
	defer s.rw.RUnlock()
	return nil
}

//go:noinline
func (s bySend) serve(ctx context.Context, r *request, name string) error {
	s.full <- r
	return nil
}

//go:noinline
func (s bySelect) serve(ctx context.Context, r *request, name string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-s.never:
		return err
	}
}

//go:noinline
func (s byCond) serve(ctx context.Context, r *request, name string) error {
	s.mu2().L.Lock()
	s.cond.Wait()
	return nil
}

func (s byCond) mu2() *sync.Cond { return s.cond }

func main() {
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage: dump GOROUTINES FILE")
		os.Exit(2)
	}
	debug.SetGCPercent(-1)
	s := &store{full: make(chan *request), never: make(chan error), cond: sync.NewCond(&sync.Mutex{})}
	s.mu.Lock()
	s.rw.Lock()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	kinds := []handler{byLock{s}, byReader{s}, bySend{s}, bySelect{s}, byCond{s}}
	for i := 0; i < count; i++ {
		l := &layer{kinds[i%len(kinds)], i / len(kinds) % 5}
		r := &request{i, "/orders", []byte("0123456789")}
		go func() { _ = l.serve(ctx, r, r.path) }()
	}
	buf := make([]byte, 2048*(count+16))
	for {
		text := buf[:runtime.Stack(buf, true)]
		if len(text) == len(buf) {
			fmt.Fprintln(os.Stderr, "the traceback is larger than was thought")
			os.Exit(1)
		}
		if bytes.Contains(text, []byte(" [runnable")) {
			// Not all of them wait yet.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if err := os.WriteFile(os.Args[2], text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
}
