package main

import (
	"io"
	"sync"
)

// widths of the sizes that can be asked for.
var widths = map[string]int{"small": 32, "medium": 64, "large": 128}

// variant is a picture in one size.
type variant struct {
	picture string
	width   int
}

// task is one piece of work: an upload to take in when there is a source, else a
// variant to make.
type task struct {
	variant variant
	source  io.Reader
	// finished, if anybody waits, is told what came of it. There is room for that.
	finished chan result
}

type result struct {
	pixels []byte
	err    error
}

// Studio does what is costly, decoding and scaling, with a few workers.
type Studio struct {
	queue chan task

	mu        sync.Mutex
	originals map[string][]byte
	variants  map[variant][]byte
}

// NewStudio starts the workers.
func NewStudio(workers, backlog int) *Studio {
	s := &Studio{
		queue:     make(chan task, backlog),
		originals: make(map[string][]byte),
		variants:  make(map[variant][]byte),
	}
	for i := 0; i < workers; i++ {
		go s.work()
	}
	return s
}

// Upload replaces a picture by what the source yields.
func (s *Studio) Upload(picture string, source io.Reader) error {
	s.forget(picture)
	finished := make(chan result, 1)
	s.queue <- task{variant: variant{picture: picture}, source: source, finished: finished}
	return (<-finished).err
}

// Render returns a variant, which may have to be made first.
func (s *Studio) Render(wanted variant) []byte {
	s.mu.Lock()
	pixels, ok := s.variants[wanted]
	s.mu.Unlock()
	if ok {
		return pixels
	}
	finished := make(chan result, 1)
	s.queue <- task{variant: wanted, finished: finished}
	return (<-finished).pixels
}

func (s *Studio) work() {
	for task := range s.queue {
		var done result
		if task.source != nil {
			done.err = s.takeIn(task.variant.picture, task.source)
		} else {
			done.pixels = s.scale(task.variant)
		}
		if task.finished != nil {
			task.finished <- done
		}
	}
}

// takeIn reads an upload to its end and has the usual sizes made.
func (s *Studio) takeIn(picture string, source io.Reader) error {
	pixels, err := io.ReadAll(source)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.originals[picture] = pixels
	s.mu.Unlock()
	s.warmUp(picture)
	return nil
}

// scale makes a square of an original.
func (s *Studio) scale(wanted variant) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	original := s.originals[wanted.picture]
	pixels := make([]byte, wanted.width*wanted.width)
	for i := range pixels {
		if len(original) > 0 {
			pixels[i] = original[i%len(original)]
		}
	}
	s.variants[wanted] = pixels
	return pixels
}

// forget drops the variants of a picture that is about to change.
func (s *Studio) forget(picture string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, width := range widths {
		delete(s.variants, variant{picture, width})
	}
}
