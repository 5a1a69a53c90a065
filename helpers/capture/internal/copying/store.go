package copying

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"capture/internal/pages"
)

// Places tells where in the core an address lies.
type Places interface {
	Place(address uint64) int64
}

// Filter changes memory before it is stored; nil leaves it as it is. It may be called by several threads.
type Filter func(run pages.Run, bytes []byte)

// Large pages are worth their space in copies of that many bytes.
const hugeFrom = 8 << 20

var zeroPage = make([]byte, 64<<10)

// IsZero tells whether there is nothing in it; of at most 64 KiB.
func isZero(bytesOf []byte) bool { return bytes.Equal(bytesOf, zeroPage[:len(bytesOf)]) }

// File writes into a sparse file; pages of zeros are left out.
type File struct {
	File   *os.File
	Places Places
	Filter Filter
}

// Room is none: memory goes through a small buffer, so that the file's pages are written one after the other.
func (*File) Room(pages.Run) []byte { return nil }

// Put writes all that is not zero.
func (f *File) Put(run pages.Run, memory []byte, again bool) error {
	if f.Filter != nil {
		f.Filter(run, memory)
	}
	return writeSparse(f.File, f.Places.Place(run.From), memory, again)
}

// writeSparse writes; zeros only where there may be something else already.
func writeSparse(file io.WriterAt, place int64, memory []byte, zeros bool) error {
	from := -1
	flush := func(to int) error {
		if from < 0 {
			return nil
		}
		_, err := file.WriteAt(memory[from:to], place+int64(from))
		from = -1
		return err
	}
	for at := 0; at < len(memory); at += int(pages.Size) {
		end := at + int(pages.Size)
		if end > len(memory) {
			end = len(memory)
		}
		if !zeros && isZero(memory[at:end]) {
			if err := flush(at); err != nil {
				return err
			}
		} else if from < 0 {
			from = at
		}
	}
	return flush(len(memory))
}

// Clear makes memory zero that is not there any more.
func (f *File) Clear(runs pages.Runs) error {
	for _, run := range runs {
		for at := run.From; at < run.To; {
			size := uint64(len(zeroPage))
			if size > run.To-at {
				size = run.To - at
			}
			if _, err := f.File.WriteAt(zeroPage[:size], f.Places.Place(at)); err != nil {
				return err
			}
			at += size
		}
	}
	return nil
}

// Memory keeps a copy in this program's own memory, of which only what was copied is taken from the machine.
type Memory struct {
	bytes  []byte
	places Places
}

// NewMemory is for a core of at most that many bytes.
func NewMemory(size int64, places Places) (*Memory, error) {
	bytes, err := syscall.Mmap(-1, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, err
	}
	return &Memory{bytes: bytes, places: places}, nil
}

// Prepare takes the memory from the machine for what is to be copied, so that no copy waits for it.
func (m *Memory) Prepare(runs pages.Runs) {
	const populateWrite = 23
	for _, run := range runs {
		part := m.at(run)
		if len(part) >= hugeFrom {
			_ = syscall.Madvise(part, syscall.MADV_HUGEPAGE)
		}
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&part[0])), uintptr(len(part)), populateWrite)
	}
}

func (m *Memory) at(run pages.Run) []byte {
	place := m.places.Place(run.From)
	return m.bytes[place : place+int64(run.To-run.From)]
}

// Room is the place itself.
func (m *Memory) Room(run pages.Run) []byte { return m.at(run) }

// Put has nothing to do.
func (m *Memory) Put(pages.Run, []byte, bool) error { return nil }

// Clear makes memory zero that is not there any more.
func (m *Memory) Clear(runs pages.Runs) error {
	for _, run := range runs {
		part := m.at(run)
		for i := range part {
			part[i] = 0
		}
	}
	return nil
}

// Each hands the copy of the runs to put, in pieces.
func (m *Memory) Each(ctx context.Context, runs pages.Runs, put func(run pages.Run, bytes []byte) error) error {
	for _, run := range runs {
		for at := run.From; at < run.To; {
			to := at + batchBytes
			if to > run.To {
				to = run.To
			}
			part := pages.Run{From: at, To: to}
			if err := put(part, m.at(part)); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			at = to
		}
	}
	return nil
}

// Close gives the memory back.
func (m *Memory) Close() { _ = syscall.Munmap(m.bytes) }

// Aside keeps a little memory for a moment, in the order in which it comes.
type Aside struct {
	guard sync.Mutex
	free  []byte
	whole []byte
	kept  []piece
}

type piece struct {
	run   pages.Run
	bytes []byte
}

// NewAside has that many bytes ready; what does not fit takes longer.
func NewAside(size int) *Aside {
	bytes, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_POPULATE)
	if err != nil {
		return &Aside{}
	}
	return &Aside{free: bytes, whole: bytes}
}

// Room is new memory.
func (a *Aside) Room(run pages.Run) []byte {
	size := int(run.To - run.From)
	a.guard.Lock()
	defer a.guard.Unlock()
	if size > len(a.free) {
		return make([]byte, size)
	}
	room := a.free[:size:size]
	a.free = a.free[size:]
	return room
}

// Put keeps it.
func (a *Aside) Put(run pages.Run, bytes []byte, _ bool) error {
	a.guard.Lock()
	defer a.guard.Unlock()
	a.kept = append(a.kept, piece{run, bytes})
	return nil
}

// Each hands over what is kept.
func (a *Aside) Each(put func(pages.Run, []byte) error) error {
	for _, kept := range a.kept {
		if err := put(kept.run, kept.bytes); err != nil {
			return err
		}
	}
	return nil
}

// Close gives the memory back.
func (a *Aside) Close() {
	if a.whole != nil {
		_ = syscall.Munmap(a.whole)
	}
}
