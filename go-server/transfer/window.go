package main

import "sync"

// Window is the time of day in which the clearing house settles. Orders that come
// before it wait for it.
type Window struct {
	mu   sync.Mutex
	open chan struct{} // closed while the window is open
}

// NewWindow returns one that is open.
func NewWindow() *Window {
	window := &Window{open: make(chan struct{})}
	close(window.open)
	return window
}

// Opened returns a channel that is closed as soon as the window is open.
func (w *Window) Opened() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// Set opens or closes the window.
func (w *Window) Set(open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.open:
		if !open {
			w.open = make(chan struct{})
		}
	default:
		if open {
			close(w.open)
		}
	}
}
