package pages

import (
	"os"
	"syscall"
	"unsafe"

	"capture/internal/process"
)

// Tracker knows which pages have changed since it began: what was copied before then need not be copied while the
// process stands still.
type Tracker interface {
	// Changed tells whether memory with these flags may differ from what it was.
	Changed(Flags) bool
	// Again begins anew. Only of the memory that is given, all of which there is, changes are looked for.
	Again(Runs) error
	// Repeats is whether what changes just before Again is not lost on it.
	Repeats() bool
	Close()
	// Name for people: what the kernel offers.
	Name() string
}

// SoftDirty tracks by the kernel's soft-dirty bits: nothing is done to the process but that its next write to each
// page takes a moment longer. nil where the kernel has none, or does not keep what it promises.
func NewSoftDirty(pid int) Tracker {
	if !softDirtyWorks() || clearSoftDirty(process.Path(pid, "clear_refs")) != nil {
		return nil
	}
	return softDirty{pid}
}

type softDirty struct{ pid int }

func (softDirty) Changed(flags Flags) bool { return flags&(SoftDirty|NotAlone) != 0 }
func (s softDirty) Again(Runs) error       { return clearSoftDirty(process.Path(s.pid, "clear_refs")) }
func (softDirty) Repeats() bool            { return false }
func (softDirty) Close()                   {}
func (softDirty) Name() string             { return "soft-dirty bits" }

// clearSoftDirty also protects the pages, so that the next write to each is seen (proc(5), clear_refs).
func clearSoftDirty(file string) error { return os.WriteFile(file, []byte("4"), 0) }

// softDirtyWorks tries it on this program's own memory: a page that was written is seen, one that was not is not, and
// one that was given back and read again is seen or told apart.
func softDirtyWorks() bool {
	memory, err := syscall.Mmap(-1, 0, int(3*Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return false
	}
	defer func() { _ = syscall.Munmap(memory) }()
	for page := uint64(0); page < 3; page++ {
		memory[page*Size] = 1
	}
	scanner, err := OpenScanner(os.Getpid())
	if err != nil {
		return false
	}
	defer scanner.Close()
	if clearSoftDirty("/proc/self/clear_refs") != nil {
		return false
	}
	memory[Size] = 2
	if syscall.Madvise(memory[2*Size:], syscall.MADV_DONTNEED) != nil || memory[2*Size] != 0 {
		return false
	}
	start := uint64(uintptr(unsafe.Pointer(&memory[0])))
	changed := [3]bool{}
	pieces, err := scanner.Scan(start, start+3*Size, false, nil)
	for _, piece := range pieces {
		for at := piece.From; at < piece.To; at += Size {
			changed[(at-start)/Size] = softDirty{}.Changed(piece.Flags) || piece.Flags&Zero != 0
		}
	}
	return err == nil && changed == [3]bool{false, true, true}
}

// Requests and features of userfaultfd(2).
const (
	requestAPI      = 0xc018aa3f
	requestRegister = 0xc020aa00
	requestProtect  = 0xc018aa06

	apiVersion       = 0xaa
	featureWriteWP   = 1 << 0
	featureAsyncWP   = 1 << 15
	modeWriteProtect = 2
	protect          = 1

	userModeOnly = 1
)

// UserFaultFlags are those of the userfaultfd(2) that [NewWriteProtected] is given.
const UserFaultFlags = userModeOnly | syscall.O_CLOEXEC | syscall.O_NONBLOCK

type writeProtected struct{ file *os.File }

// NewWriteProtected tracks by write protection that the kernel lifts by itself at the first write to each page
// (Linux 6.7, UFFD_FEATURE_WP_ASYNC). The file is a userfaultfd of the process; when it is closed, by whatever, nothing
// of this stays. Memory that cannot be protected counts as changed; nothing is protected before Again.
func NewWriteProtected(file *os.File, over Runs) (Tracker, error) {
	api := [3]uint64{apiVersion, featureWriteWP | featureAsyncWP, 0}
	if err := control(file, requestAPI, unsafe.Pointer(&api)); err != nil {
		return nil, err
	}
	for _, run := range over {
		register := [4]uint64{run.From, run.To - run.From, modeWriteProtect, 0}
		_ = control(file, requestRegister, unsafe.Pointer(&register))
	}
	return writeProtected{file}, nil
}

func (writeProtected) Changed(flags Flags) bool { return flags&Written != 0 }

// Again protects pages that there are: of others the kernel would have to note that they are protected, in memory of
// their own.
func (w writeProtected) Again(there Runs) error {
	for _, run := range there {
		arguments := [3]uint64{run.From, run.To - run.From, protect}
		// What was unmapped since is not protected, and counts as changed when it is mapped again.
		_ = control(w.file, requestProtect, unsafe.Pointer(&arguments))
	}
	return nil
}

func (writeProtected) Repeats() bool { return true }
func (w writeProtected) Close()      { w.file.Close() }
func (writeProtected) Name() string  { return "write protection" }

func control(file *os.File, request uintptr, arguments unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), request, uintptr(arguments)); errno != 0 {
		return errno
	}
	return nil
}
