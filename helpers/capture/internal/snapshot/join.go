package snapshot

import (
	"syscall"
	"unsafe"

	"capture/internal/pages"
)

const (
	// One entry in the page tables is for so much where the kernel has made one page of it, bytes.
	largePage = 2 << 20
	// MADV_COLLAPSE of madvise(2), Linux 6.1.
	adviseCollapse = 25
)

// joinPages has the kernel make large pages of the memory that is there whole, while the process runs: what a fork copies
// is the page tables, and of large pages they are 512 times smaller. Content and resident size stay as they are. Where
// the kernel does not, or this program may not ask, the fork takes longer.
func (w *work) joinPages() {
	pidfd, _, errno := syscall.Syscall(numberPidfdOpen, uintptr(w.PID), 0, 0)
	if errno != 0 {
		return
	}
	defer func() { _ = syscall.Close(int(pidfd)) }()
	for _, run := range wholeLargePages(w.first) {
		for at := run.From; at < run.To; at += largePage {
			if w.ctx.Err() != nil {
				return
			}
			// One iovec: address and length.
			part := [2]uint64{at, largePage}
			_, _, errno := syscall.Syscall6(numberProcessMadvise, pidfd, uintptr(unsafe.Pointer(&part)), 1, adviseCollapse, 0, 0)
			if errno == syscall.EPERM || errno == syscall.ENOSYS || errno == syscall.ESRCH {
				return
			}
		}
	}
}

// wholeLargePages is private memory of no file of which every page has content, where large pages may lie.
func wholeLargePages(s selection) (out pages.Runs) {
	var there pages.Runs
	for _, piece := range s.pieces {
		if piece.Flags&(pages.Zero|pages.OfFile) == 0 {
			there = there.Add(piece.From, piece.To)
		}
	}
	for _, mapping := range s.mappings {
		if !mapping.Anonymous() || mapping.Shared || !mapping.Writable {
			continue
		}
		for _, run := range there.Within(mapping.From, mapping.To) {
			from := (run.From + largePage - 1) &^ (largePage - 1)
			out = out.Add(from, run.To&^(largePage-1))
		}
	}
	return out
}
