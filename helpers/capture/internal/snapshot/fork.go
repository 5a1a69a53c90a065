package snapshot

import (
	"context"
	"errors"
	"syscall"
	"time"

	"capture/internal/copying"
	"capture/internal/hold"
	"capture/internal/pages"
)

// ErrNoFork is that of a process that may not be made to fork.
var ErrNoFork = errors.New("the process cannot be made to fork")

// fork makes the process fork, and lets act copy the child.
func (w *work) fork(act func(context.Context) error) (err error) {
	w.taken.Way = Fork
	if !w.mayInject() {
		return ErrNoFork
	}
	endGuard, err := w.Guard(w.PID)
	if err != nil {
		return err
	}
	defer endGuard()
	w.joinPages()
	ctx, cancel := context.WithTimeout(w.ctx, w.MaxPause)
	defer cancel()
	began := time.Now()
	threads, child, err := w.holder.StopAndFork(ctx)
	if child != 0 {
		defer func() {
			// Not with the caller's signal: what was begun is undone after Ctrl-C too.
			if left := w.holder.Forget(context.Background(), child); left != nil && err == nil && !errors.Is(left, hold.ErrGone) {
				w.note("the process still has an ended child, %d: %v", child, left)
			}
		}()
	}
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && w.ctx.Err() == nil {
			return ErrTooLong
		}
		if errors.Is(err, hold.ErrNoThread) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EPERM) {
			return ErrNoFork
		}
		return err
	}
	w.threads = threads
	w.resumed(began)
	scanner, err := pages.OpenScanner(child)
	if err != nil {
		return gone(err)
	}
	reader, err := copying.OpenReader(child, w.reader.Workers)
	if err != nil {
		scanner.Close()
		return gone(err)
	}
	shared := w.scanner
	defer shared.Close()
	w.reader.Close()
	w.scanner, w.reader = scanner, reader
	if err := w.look(child, shared); err != nil {
		return err
	}
	return act(w.ctx)
}
