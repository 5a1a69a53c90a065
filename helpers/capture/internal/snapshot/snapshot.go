// Package snapshot copies the memory of a process, with the process standing still for as short a time as can be.
//
// There are three ways. "read" stops it and copies all. "tracked" copies while it runs and stops it only to copy what
// has changed meanwhile. "fork" stops it, makes it fork, and copies the child.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"capture/internal/copying"
	"capture/internal/elfcore"
	"capture/internal/hold"
	"capture/internal/pages"
	"capture/internal/process"
)

// Ways to take a snapshot; Auto is "tracked" where the kernel can, else "read".
const (
	Auto    = "auto"
	Read    = "read"
	Fork    = "fork"
	Tracked = "tracked"
)

// Request says what is wanted.
type Request struct {
	PID int
	// Way is Auto, Read or Fork.
	Way string
	// MaxPause is how long the process may stand still.
	MaxPause time.Duration
	// Memory is how much this program may take for copies, bytes.
	Memory uint64
	// NewScrubber makes what takes data out of memory before it is stored; nil for nothing.
	NewScrubber func(elfcore.Owner) Scrubber
	// Progress is told how much has been copied of how much, bytes; by several threads.
	Progress func(done, total uint64)
	// Resumed is told for how long the process stood still.
	Resumed func(time.Duration)
	// Guard is started before the process is made to do something, and ended when nothing of it is left.
	Guard func(pid int) (end func(), err error)
}

// Scrubber takes data out of memory before it is stored.
type Scrubber interface {
	// Look makes what does so, from what it sees.
	Look(Sight) (copying.Filter, error)
	// Registers takes data out of those of a thread.
	Registers(hold.Thread)
	// End fails when something was taken out that is no data.
	End() error
}

// Sight is what there is to be seen of a process.
type Sight struct {
	Mappings []process.Mapping
	View     copying.View
	// Changed is what is not any more as it was at the last look, if all else is: nil when nothing is known of that.
	Changed *copying.Aside
}

// Taken is what a snapshot says of itself.
type Taken struct {
	Way      string
	Threads  int
	Pause    time.Duration
	Resident uint64
	// Size of the core, bytes, holes included.
	Size  int64
	Notes []string
}

// ErrTooLong is that of a process that would have stood still for longer than it may.
var ErrTooLong = errors.New("the process would stand still for too long")

// ErrNoMemory is that of a copy that this machine has no memory for.
type ErrNoMemory struct{ Needed, Available uint64 }

func (e ErrNoMemory) Error() string {
	return fmt.Sprintf("a copy needs %d MB of memory, and %d MB may be taken", e.Needed>>20, e.Available>>20)
}

// ErrChanged is that of a process that began another program meanwhile.
var ErrChanged = errors.New("the process began another program meanwhile")

// Where tracking begins to be worth what it does to the process, bytes.
const trackFrom = 24 << 20

type work struct {
	Request
	ctx     context.Context
	rules   rules
	scanner *pages.Scanner
	reader  *copying.Reader
	holder  *hold.Process
	// By which of the process's threads it is looked at (process.Living).
	living  int
	owner   elfcore.Owner
	program process.Program
	layout  *elfcore.Layout
	first   selection

	done, total uint64
	taken       Taken
	threads     []hold.Thread
	last        selection
	scrubber    Scrubber
}

func begin(ctx context.Context, request Request) (*work, error) {
	w := &work{Request: request, ctx: ctx}
	var err error
	if w.owner, err = elfcore.OwnerOf(request.PID); err != nil {
		return nil, hold.ErrGone
	}
	w.living = process.Living(request.PID)
	if w.program, err = process.ProgramOf(w.living); err != nil {
		return nil, gone(err)
	}
	if w.scanner, err = pages.OpenScanner(w.living); err != nil {
		return nil, gone(err)
	}
	workers := runtime.NumCPU()
	if workers > 8 {
		workers = 8
	}
	if w.reader, err = copying.OpenReader(w.living, workers); err != nil {
		w.scanner.Close()
		return nil, gone(err)
	}
	w.rules = rulesOf(w.living)
	if w.first, err = choose(w.living, w.rules, w.scanner, w.scanner, w.reader); err != nil {
		w.end()
		return nil, gone(err)
	}
	w.layout = elfcore.NewLayout(len(w.first.mappings))
	w.layout.Extend(w.first.rooms)
	w.holder = hold.Open(request.PID)
	if request.NewScrubber != nil {
		w.scrubber = request.NewScrubber(w.owner)
	}
	w.taken.Resident = w.first.wanted().Bytes()
	w.total = w.taken.Resident
	return w, nil
}

func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return hold.ErrGone
	}
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w to show the memory of the process: %v", hold.ErrRefused, err)
	}
	return err
}

func (w *work) end() {
	w.scanner.Close()
	w.reader.Close()
	if w.holder != nil {
		w.holder.Close()
	}
}

// filter is nil when memory is stored as it is. The view is of memory that does not change, and of which w.last tells.
func (w *work) filter(view copying.View, changed *copying.Aside) (copying.Filter, error) {
	if w.scrubber == nil {
		return nil, nil
	}
	return w.scrubber.Look(Sight{w.last.mappings, view.Within(w.last.wanted()), changed})
}

// mostLooks is how often a process that runs is looked at until it has not moved anything meanwhile.
const mostLooks = 5

func (w *work) filterWhileRunning() (filter copying.Filter, err error) {
	if w.scrubber == nil {
		return nil, nil
	}
	for i := 0; i < mostLooks; i++ {
		now, failed := choose(w.living, w.rules, w.scanner, w.scanner, w.reader)
		if failed != nil {
			return nil, gone(failed)
		}
		if filter, err = w.scrubber.Look(Sight{now.mappings, copying.View(w.reader.View).Within(now.wanted()), nil}); err == nil {
			break
		}
	}
	return filter, err
}

func (w *work) copy(ctx context.Context, runs pages.Runs, sink copying.Sink, again bool) error {
	return w.reader.Copy(ctx, runs, sink, again, w.progress)
}

func (w *work) copyGently(runs pages.Runs, sink copying.Sink, again bool) error {
	return w.reader.CopyGently(w.ctx, runs, sink, again, w.progress)
}

// pause stops the process for as long as act takes, which is not longer than it may be.
func (w *work) pause(act func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(w.ctx, w.MaxPause)
	defer cancel()
	// This program's own garbage can wait longer than the process.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	began := time.Now()
	threads, err := w.holder.Stop(ctx)
	if err == nil {
		w.threads = threads
		err = w.look(w.living, w.scanner)
		if err == nil {
			err = act(ctx)
		}
		w.holder.Resume()
		w.resumed(began)
	}
	if err != nil && w.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return ErrTooLong
	}
	return err
}

func (w *work) resumed(began time.Time) {
	w.taken.Pause = time.Since(began)
	w.taken.Threads = len(w.threads)
	if w.Resumed != nil {
		w.Resumed(w.taken.Pause)
	}
}

// look reads what there is while nothing changes it.
func (w *work) look(pid int, shared *pages.Scanner) error {
	program, err := process.ProgramOf(pid)
	if err != nil {
		return gone(err)
	}
	// What is open of the old program's memory shows nothing any more.
	if program != w.program || !w.reader.Lives(w.first.mappings) {
		return ErrChanged
	}
	if w.last, err = choose(pid, w.rules, w.scanner, shared, w.reader); err != nil {
		return gone(err)
	}
	w.layout.Extend(w.last.rooms)
	return nil
}

// head is what stands at the beginning and at the end of the core.
func (w *work) head() (header, notes []byte, err error) {
	segments, err := w.layout.Segments(w.last.mappings, w.last.has)
	if err != nil {
		return nil, nil, err
	}
	if w.scrubber != nil {
		if err := w.scrubber.End(); err != nil {
			return nil, nil, err
		}
		for _, thread := range w.threads {
			w.scrubber.Registers(thread)
		}
	}
	notes = elfcore.Notes(w.owner, w.threads, w.last.mappings)
	w.taken.Size = w.layout.End() + int64(len(notes))
	for _, thread := range w.threads {
		if thread.Uninterruptible {
			w.note("thread %d waited in the kernel and could not be stopped: of its registers only two are in the core", thread.ID)
		}
	}
	if w.reader.Unreadable > 0 {
		w.note("%d pages could not be read and are zero in the core", w.reader.Unreadable)
	}
	return elfcore.Header(segments, w.layout.End(), len(notes)), notes, nil
}

func (w *work) note(format string, values ...interface{}) {
	w.taken.Notes = append(w.taken.Notes, fmt.Sprintf(format, values...))
}
