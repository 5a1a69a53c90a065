package snapshot

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"

	"capture/internal/copying"
	"capture/internal/hold"
	"capture/internal/pages"
	"capture/internal/process"
)

// ToFile writes a sparse core.
func ToFile(ctx context.Context, request Request, file *os.File) (Taken, error) {
	w, err := begin(ctx, request)
	if err != nil {
		return Taken{}, err
	}
	defer w.end()
	if err := w.toFile(file); err != nil {
		return Taken{}, err
	}
	header, notes, err := w.head()
	if err != nil {
		return Taken{}, err
	}
	if _, err := file.WriteAt(header, 0); err != nil {
		return Taken{}, err
	}
	if _, err := file.WriteAt(notes, w.layout.End()); err != nil {
		return Taken{}, err
	}
	return w.taken, file.Truncate(w.taken.Size)
}

func (w *work) toFile(file *os.File) error {
	switch {
	case w.Way == Fork:
		return w.fork(func(context.Context) error {
			return w.straight(file, w.copyGently)
		})
	case w.Way == Auto && w.taken.Resident >= trackFrom:
		if tracker := w.track(); tracker != nil {
			defer tracker.Close()
			return w.tracked(tracker, file)
		}
	}
	return w.read(file)
}

// track is nil where the kernel does not tell what has changed, or only by something that this process may not be
// made to do.
func (w *work) track() pages.Tracker {
	if tracker := pages.NewSoftDirty(w.living); tracker != nil {
		return tracker
	}
	if !w.mayInject() {
		return nil
	}
	file, err := w.userFaults()
	if err != nil {
		return nil
	}
	var over pages.Runs
	for _, mapping := range w.first.mappings {
		if mapping.Anonymous() && mapping.Writable && !mapping.Shared {
			over = over.Add(mapping.From, mapping.To)
		}
	}
	tracker, err := pages.NewWriteProtected(file, over)
	if err != nil {
		file.Close()
		return nil
	}
	return tracker
}

// mayInject is whether a system call may be made in the place of a thread: where calls are filtered (seccomp(2)), one
// that the program does not know may end it.
func (w *work) mayInject() bool {
	return hold.CanInject && process.Field(w.living, "Seccomp") == "0"
}

// userFaults is a userfaultfd(2) of the process, which has none itself afterwards.
func (w *work) userFaults() (*os.File, error) {
	endGuard, err := w.Guard(w.PID)
	if err != nil {
		return nil, err
	}
	defer endGuard()
	pidfd, _, errno := syscall.Syscall(numberPidfdOpen, uintptr(w.PID), 0, 0)
	if errno != 0 {
		return nil, errno
	}
	defer func() { _ = syscall.Close(int(pidfd)) }()
	var ours uintptr
	err = w.holder.Inject(w.ctx, func(thread *hold.Injector) error {
		theirs, err := thread.Call(numberUserFault, pages.UserFaultFlags)
		if err != nil {
			return err
		}
		ours, _, errno = syscall.Syscall(numberPidfdGetfd, pidfd, uintptr(theirs), 0)
		if _, err := thread.Call(syscall.SYS_CLOSE, theirs); err != nil {
			return err
		}
		if errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(ours, "userfaultfd"), nil
}

// How much may have changed for the process to be stopped, bytes, and how often that is waited for.
const (
	littleChanged = 8 << 20
	mostRounds    = 3
)

// tracked copies while the process runs, and what has changed then while it stands still. Its steps share what has to be
// undone at whichever of them it ends.
func (w *work) tracked(tracker pages.Tracker, file *os.File) error {
	w.taken.Way = Tracked
	sink := &copying.File{File: file, Places: w.layout}
	copied := w.first.wanted()
	// What changes after this is copied again, by a filter that has looked again.
	if err := tracker.Again(copied); err != nil {
		return err
	}
	var err error
	if sink.Filter, err = w.filterWhileRunning(); err != nil {
		return err
	}
	if err := w.copyGently(copied, sink, false); err != nil {
		return err
	}
	changed := func(now selection) pages.Runs {
		var runs pages.Runs
		for _, piece := range now.pieces {
			if tracker.Changed(piece.Flags) && piece.Flags&pages.Zero == 0 {
				runs = runs.Add(piece.From, piece.To)
			}
		}
		return runs.Union(now.wanted().Without(copied))
	}
	for round := 1; round < mostRounds && tracker.Repeats(); round++ {
		now, err := choose(w.living, w.rules, w.scanner, w.scanner, w.reader)
		if err != nil {
			return gone(err)
		}
		runs := changed(now)
		if runs.Bytes() < littleChanged {
			break
		}
		w.layout.Extend(now.rooms)
		if err := tracker.Again(runs); err != nil {
			return err
		}
		if sink.Filter, err = w.filterWhileRunning(); err != nil {
			return err
		}
		if err := w.copyGently(runs, sink, true); err != nil {
			return err
		}
		copied = copied.Union(runs)
	}
	aside := copying.NewAside(littleChanged * 2)
	defer aside.Close()
	var gone, again pages.Runs
	err = w.pause(func(ctx context.Context) (err error) {
		again = changed(w.last)
		gone = copied.Without(w.last.wanted())
		if again.Bytes() <= w.Memory {
			return w.copy(ctx, again, aside, true)
		}
		if sink.Filter, err = w.filter(w.reader.View, nil); err != nil {
			return err
		}
		return w.copy(ctx, again, sink, true)
	})
	if err != nil {
		return err
	}
	if again.Bytes() <= w.Memory {
		if sink.Filter, err = w.filter(w.reader.View, aside); err != nil {
			return err
		}
	}
	if err := aside.Each(func(run pages.Run, bytes []byte) error { return sink.Put(run, bytes, true) }); err != nil {
		return err
	}
	return sink.Clear(gone)
}

// read copies all while the process stands still: into memory if there is enough of it, since that is faster.
func (w *work) read(file *os.File) error {
	w.taken.Way = Read
	if w.needed() > w.Memory {
		return w.pause(func(ctx context.Context) error {
			return w.straight(file, func(runs pages.Runs, sink copying.Sink, again bool) error {
				return w.copy(ctx, runs, sink, again)
			})
		})
	}
	memory, err := w.readToMemory()
	if err != nil {
		return err
	}
	defer memory.Close()
	filter, err := w.filter(memory.View, nil)
	if err != nil {
		return err
	}
	sink := &copying.File{File: file, Places: w.layout, Filter: filter}
	return memory.Each(w.ctx, w.last.wanted(), func(run pages.Run, bytes []byte) error {
		return sink.Put(run, bytes, false)
	})
}

// straight copies all into the file, of memory that nobody changes.
func (w *work) straight(file *os.File, copy func(pages.Runs, copying.Sink, bool) error) error {
	filter, err := w.filter(w.reader.View, nil)
	if err != nil {
		return err
	}
	return copy(w.last.wanted(), &copying.File{File: file, Places: w.layout, Filter: filter}, false)
}

func (w *work) readToMemory() (*copying.Memory, error) {
	memory, err := copying.NewMemory(w.layout.End()*2+1<<30, w.layout)
	if err != nil {
		return nil, err
	}
	memory.Prepare(w.first.wanted())
	if err := w.pause(func(ctx context.Context) error { return w.copy(ctx, w.last.wanted(), memory, false) }); err != nil {
		memory.Close()
		return nil, err
	}
	return memory, nil
}

// needed is what a copy takes, with something for what the process gets meanwhile.
func (w *work) needed() uint64 { return w.taken.Resident + w.taken.Resident/4 + 16<<20 }

func (w *work) progress(bytes uint64) {
	if w.Progress != nil {
		w.Progress(atomic.AddUint64(&w.done, bytes), w.total)
	}
}
