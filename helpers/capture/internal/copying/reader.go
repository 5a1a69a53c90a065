// Package copying brings memory of a process into a core.
package copying

import (
	"context"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"capture/internal/pages"
	"capture/internal/process"
)

// Sink takes memory at the place in the core that its address has.
type Sink interface {
	// Room is where the memory may be read to; nil when it is to be handed over by Put.
	Room(run pages.Run) []byte
	// Put takes what was read. `again` when there may be something at that place already.
	Put(run pages.Run, bytes []byte, again bool) error
}

const (
	batchBytes  = 2 << 20
	batchPieces = 512 // of 1024 that one process_vm_readv may have
)

// Reader reads memory of a process.
type Reader struct {
	pid int
	// For memory that the process itself may not read.
	file *os.File
	// Workers is how many threads read.
	Workers int

	lost sync.Mutex
	// Unreadable counts pages that the kernel did not hand out, for example behind the end of a file.
	Unreadable uint64
}

// OpenReader fails where the memory of the process may not be read.
func OpenReader(pid, workers int) (*Reader, error) {
	file, err := os.Open(process.Path(pid, "mem"))
	if err != nil {
		return nil, err
	}
	return &Reader{pid: pid, file: file, Workers: workers}, nil
}

// Close ends it.
func (r *Reader) Close() { r.file.Close() }

// Copy reads memory into the sink, by several threads.
func (r *Reader) Copy(ctx context.Context, runs pages.Runs, sink Sink, again bool, progress func(uint64)) error {
	return r.copyBy(ctx, workers{r.Workers, func() {}}, runs, sink, again, progress)
}

// CopyGently is for while the process runs on: it takes half of the processors, and those only while nobody else wants
// them more.
func (r *Reader) CopyGently(ctx context.Context, runs pages.Runs, sink Sink, again bool, progress func(uint64)) error {
	return r.copyBy(ctx, workers{(r.Workers + 1) / 2, yieldToOthers}, runs, sink, again, progress)
}

// How much less urgent than others, of 19 (setpriority(2)).
const yielding = 15

// yieldToOthers is for a goroutine that ends soon after: its thread ends with it, since it could not become urgent again.
func yieldToOthers() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), yielding)
}

type workers struct {
	count int
	begin func()
}

func (r *Reader) copyBy(ctx context.Context, by workers, runs pages.Runs, sink Sink, again bool, progress func(uint64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []pages.Run)
	var failure error
	var once sync.Once
	var working sync.WaitGroup
	for i := 0; i < by.count; i++ {
		working.Add(1)
		go func() {
			defer working.Done()
			by.begin()
			buffer := make([]byte, batchBytes)
			for batch := range batches {
				err := r.batch(batch, buffer, sink, again)
				if err != nil {
					once.Do(func() { failure = err; cancel() })
				} else if progress != nil {
					progress(pages.Runs(batch).Bytes())
				}
			}
		}()
	}
	err := hand(ctx, runs, batches)
	close(batches)
	working.Wait()
	if failure != nil {
		return failure
	}
	return err
}

// hand cuts memory into batches.
func hand(ctx context.Context, runs pages.Runs, batches chan<- []pages.Run) error {
	var batch []pages.Run
	size := uint64(0)
	send := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case batches <- batch:
			batch, size = nil, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, run := range runs {
		for run.From < run.To {
			to := run.From + batchBytes - size
			if to > run.To {
				to = run.To
			}
			batch = append(batch, pages.Run{From: run.From, To: to})
			size += to - run.From
			run.From = to
			if size == batchBytes || len(batch) == batchPieces {
				if err := send(); err != nil {
					return err
				}
			}
		}
	}
	return send()
}

func (r *Reader) batch(runs []pages.Run, buffer []byte, sink Sink, again bool) error {
	targets := make([][]byte, len(runs))
	used := uint64(0)
	for i, run := range runs {
		size := run.To - run.From
		if targets[i] = sink.Room(run); targets[i] == nil {
			targets[i] = buffer[used : used+size]
			used += size
		}
	}
	if !r.vector(runs, targets) {
		for i, run := range runs {
			r.pageByPage(run, targets[i])
		}
	}
	for i, run := range runs {
		if err := sink.Put(run, targets[i], again); err != nil {
			return err
		}
	}
	return nil
}

// vector reads all pieces by one call; false when any of it could not be read.
func (r *Reader) vector(runs []pages.Run, targets [][]byte) bool {
	local := make([]syscall.Iovec, len(runs))
	remote := make([]struct{ base, size uint64 }, len(runs))
	wanted := 0
	for i, run := range runs {
		local[i].Base = &targets[i][0]
		local[i].SetLen(len(targets[i]))
		remote[i].base, remote[i].size = run.From, run.To-run.From
		wanted += len(targets[i])
	}
	got, _, errno := syscall.Syscall6(process.CallReadMemory, uintptr(r.pid), uintptr(unsafe.Pointer(&local[0])), uintptr(len(local)),
		uintptr(unsafe.Pointer(&remote[0])), uintptr(len(remote)), 0)
	return errno == 0 && int(got) == wanted
}

// pageByPage reads what the call above does not: pages that the process itself may not read. What nobody may read, such
// as a page behind the end of its file, is zero.
func (r *Reader) pageByPage(run pages.Run, into []byte) {
	for at := run.From; at < run.To; at += pages.Size {
		end := at + pages.Size
		if end > run.To {
			end = run.To
		}
		page := into[at-run.From : end-run.From]
		if got, err := r.file.ReadAt(page, int64(at)); err != nil {
			for i := got; i < len(page); i++ {
				page[i] = 0
			}
			r.lost.Lock()
			r.Unreadable++
			r.lost.Unlock()
		}
	}
}

// Lives tells whether the memory is still that of a process, and not of a program that it ran before. Its stack is there
// from beginning to end.
func (r *Reader) Lives(mappings []process.Mapping) bool {
	for _, mapping := range mappings {
		if mapping.Name == "[stack]" {
			return r.ReadAt(make([]byte, 1), mapping.To-1) == nil
		}
	}
	return true
}

// ReadAt reads a few bytes.
func (r *Reader) ReadAt(into []byte, address uint64) error {
	_, err := r.file.ReadAt(into, int64(address))
	return err
}
