package pages

import (
	"encoding/binary"
	"io"
	"os"
	"syscall"
	"unsafe"

	"capture/internal/process"
)

// Size of a page, bytes.
var Size = uint64(os.Getpagesize())

// Flags are what is known of pages.
type Flags uint8

const (
	// There means that the page has content, in memory or swapped out.
	There Flags = 1 << iota
	// OfFile is memory that is as in the file behind it, or shared.
	OfFile
	// Zero pages have been read and never written.
	Zero
	// Written means changed since the pages were protected; so is memory that never was.
	Written
	// SoftDirty means changed since [clearSoftDirty].
	SoftDirty
	// NotAlone means that the kernel may show the same page elsewhere, for example the page of zeros.
	NotAlone
)

// Piece is memory whose pages have the same flags.
type Piece struct {
	Run
	Flags Flags
}

// Scanner reads /proc/PID/pagemap.
type Scanner struct {
	file *os.File
	// Whether the kernel has PAGEMAP_SCAN (Linux 6.7).
	scans bool
}

// OpenScanner fails where the memory of the process may not be looked at.
func OpenScanner(pid int) (*Scanner, error) {
	file, err := os.Open(process.Path(pid, "pagemap"))
	if err != nil {
		return nil, err
	}
	scanner := &Scanner{file: file, scans: true}
	scanner.scans = scanner.scan(0, Size, categoryWritten, nil) == nil
	return scanner, nil
}

// Close ends it.
func (s *Scanner) Close() { s.file.Close() }

// Scan appends the pieces of that memory that there are. Whether a page is [OfFile] is told only where files are
// asked for: the kernel has to look at each page for it, which takes most of the time.
func (s *Scanner) Scan(from, to uint64, files bool, pieces []Piece) ([]Piece, error) {
	if !s.scans {
		return s.read(from, to, pieces)
	}
	returned := uint64(categoryWritten | categoryZero | categorySoftDirty)
	if files {
		returned |= categoryFile
	}
	err := s.scan(from, to, returned, func(run Run, flags Flags) {
		pieces = append(pieces, Piece{run, flags})
	})
	return pieces, err
}

// struct pm_scan_arg of linux/fs.h.
type scanArguments struct {
	size, flags, start, end, walkEnd, vector, vectorLength, maxPages uint64
	inverted, mask, anyOf, returned                                  uint64
}

type scanRegion struct{ start, end, categories uint64 }

const (
	requestScan = 0xc0606610 // PAGEMAP_SCAN

	categoryWritten   = 1 << 1
	categoryFile      = 1 << 2
	categoryPresent   = 1 << 3
	categorySwapped   = 1 << 4
	categoryZero      = 1 << 5
	categorySoftDirty = 1 << 7
)

func (s *Scanner) scan(from, to, returned uint64, each func(Run, Flags)) error {
	regions := make([]scanRegion, 4096)
	for from < to {
		arguments := scanArguments{
			start: from, end: to,
			vector: uint64(uintptr(unsafe.Pointer(&regions[0]))), vectorLength: uint64(len(regions)),
			anyOf:    categoryPresent | categorySwapped,
			returned: returned,
		}
		arguments.size = uint64(unsafe.Sizeof(arguments))
		found, _, errno := syscall.Syscall(syscall.SYS_IOCTL, s.file.Fd(), requestScan, uintptr(unsafe.Pointer(&arguments)))
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		if each != nil {
			for _, region := range regions[:found] {
				flags := There
				for category, flag := range map[uint64]Flags{categoryWritten: Written, categoryFile: OfFile, categoryZero: Zero, categorySoftDirty: SoftDirty} {
					if region.categories&category != 0 {
						flags |= flag
					}
				}
				each(Run{region.start, region.end}, flags)
			}
		}
		// Where the kernel says that it stopped is wrong when it had more to tell than its own buffer holds: the end of an
		// earlier part of the way.
		if int(found) < len(regions) {
			return nil
		}
		from = regions[found-1].end
	}
	return nil
}

// Bits of an entry of pagemap (the kernel's Documentation/admin-guide/mm/pagemap.rst).
const (
	bitSoftDirty = 1 << 55
	bitExclusive = 1 << 56
	bitFile      = 1 << 61
	bitSwapped   = 1 << 62
	bitPresent   = 1 << 63
)

func (s *Scanner) read(from, to uint64, pieces []Piece) ([]Piece, error) {
	entries := make([]byte, 64<<10)
	for from < to {
		count := (to - from) / Size
		if count > uint64(len(entries)/8) {
			count = uint64(len(entries) / 8)
		}
		got, err := s.file.ReadAt(entries[:count*8], int64(from/Size)*8)
		if got < 8 {
			// Behind the end of the address space.
			if got == 0 && err == io.EOF {
				return pieces, nil
			}
			return pieces, err
		}
		for at := 0; at+8 <= got; at += 8 {
			if flags := flagsOf(binary.LittleEndian.Uint64(entries[at:])); flags != 0 {
				page := from + uint64(at/8)*Size
				if last := len(pieces) - 1; last >= 0 && pieces[last].To == page && pieces[last].Flags == flags {
					pieces[last].To += Size
				} else {
					pieces = append(pieces, Piece{Run{page, page + Size}, flags})
				}
			}
		}
		from += uint64(got/8) * Size
	}
	return pieces, nil
}

func flagsOf(entry uint64) Flags {
	if entry&(bitPresent|bitSwapped) == 0 {
		return 0
	}
	flags := There | Written
	if entry&bitFile != 0 {
		flags |= OfFile
	}
	if entry&bitSoftDirty != 0 {
		flags |= SoftDirty
	}
	if entry&(bitExclusive|bitSwapped) == 0 {
		flags |= NotAlone
	}
	return flags
}
