// Package scrub takes out of memory what may be somebody's data, before it is stored: text above all. What stays are
// addresses and plain numbers, and the tables that the Go runtime keeps of its heap.
package scrub

import (
	"encoding/binary"
	"math"
	"sort"
	"time"

	"capture/internal/pages"
)

// Rule is the twin of lab/kit/words.ts: both read testdata/words.json in their tests.
type Rule struct {
	mapped               pages.Runs
	wallLow, wallHigh    uint64
	nanosLow, nanosHigh  uint64
	firstFrom, firstUpTo uint64
}

type verdict uint8

const (
	dropped verdict = iota
	// A number that would be text as well, or a long one: its lower half goes, since zero would mean something else.
	rounded
	// A number that would be a few characters as well: it stays unless there is data beside it.
	doubtful
	kept
)

const (
	// How far from the time of the core a clock reading may be to be taken for one, in seconds.
	clockWindow = 45 * 24 * 3600
	// Seconds from 1885, where the wall clock of Go's time.Time begins, to 1970.
	from1885 = 2_682_288_000

	lowestAddress  = 4096
	mostCharacters = 4
)

// NewRule is for a process with that memory, at that time.
func NewRule(mapped pages.Runs, now time.Time) *Rule {
	seconds := now.UnixMilli()
	r := &Rule{
		mapped:    mapped,
		wallLow:   uint64((seconds/1000+from1885-clockWindow)/4) + 1<<31,
		wallHigh:  uint64((seconds/1000+from1885+clockWindow+3)/4) + 1<<31,
		nanosLow:  uint64(seconds/1000-clockWindow) * 1e9 >> 32,
		nanosHigh: uint64(seconds/1000+clockWindow+1)*1e9>>32 + 1,
	}
	// Nearly every address is one of the heap, which is the largest piece.
	for _, run := range mapped {
		if run.To-run.From > r.firstUpTo-r.firstFrom {
			r.firstFrom, r.firstUpTo = run.From, run.To
		}
	}
	return r
}

func (r *Rule) isAddress(value uint64) bool {
	if value >= r.firstFrom && value < r.firstUpTo {
		return value >= lowestAddress
	}
	if value < lowestAddress {
		return false
	}
	return contains(r.mapped, value)
}

func contains(runs pages.Runs, address uint64) bool {
	at := sort.Search(len(runs), func(i int) bool { return runs[i].To > address })
	return at < len(runs) && runs[at].From <= address
}

func (r *Rule) judge(word uint64) verdict {
	low, high := uint32(word), uint32(word>>32)
	// A small negative number, and the largest, which stands for never.
	if (high == 0xffffffff && low >= 1<<31) || word == 1<<63-1 {
		return kept
	}
	if high < 1<<21 && r.isAddress(word) {
		return kept
	}
	if word < 1<<8 {
		return kept
	}
	if high < 1<<16 {
		switch characters := textLength(word); {
		case characters > mostCharacters:
			return rounded
		case characters > 1:
			return doubtful
		}
		return kept
	}
	if wide := uint64(high); (wide >= r.wallLow && wide <= r.wallHigh) || (wide >= r.nanosLow && wide <= r.nanosHigh) {
		return kept
	}
	// Two numbers of 32 bits, several flags, or a fraction with few digits.
	if isSmall(low) && isSmall(high) {
		if hasText(low) && hasText(high) {
			return doubtful
		}
		return kept
	}
	if (low|high)&0xf8f8f8f8 == 0 {
		return kept
	}
	if low == 0 && high&0xffff == 0 && isExponent(byte(high>>24)) {
		return kept
	}
	// Two years of a clock that counts from the machine's start, in nanoseconds.
	if high < 1<<24 {
		return rounded
	}
	return dropped
}

// Scrub zeroes in place every aligned word that may be data, and returns how many bytes that were. `same` are bytes
// that everybody has, of a file of code: a word that is equal to its own there stays.
func (r *Rule) Scrub(bytes, same []byte) (gone int) {
	gone, _ = r.scrub(bytes, same, false)
	return gone
}

// scrub goes on behind memory whose last word was data, or was not.
func (r *Rule) scrub(bytes, same []byte, beforeWasDropped bool) (gone int, lastWasDropped bool) {
	end := len(bytes) &^ 7
	doubtfulBefore := false
	for at := 0; at < end; at += 8 {
		word := binary.LittleEndian.Uint64(bytes[at:])
		if word == 0 {
			beforeWasDropped, doubtfulBefore = false, false
			continue
		}
		found := kept
		if at+8 > len(same) || binary.LittleEndian.Uint64(same[at:]) != word {
			found = r.judge(word)
		}
		isData := found <= rounded
		if isData && doubtfulBefore {
			binary.LittleEndian.PutUint64(bytes[at-8:], 0)
			gone += 8
		}
		if found == dropped || (found != kept && beforeWasDropped) {
			binary.LittleEndian.PutUint64(bytes[at:], 0)
			gone += 8
		} else if found == rounded {
			lower := uint32(0)
			// Nothing must lead to where the heap begins that did not before.
			if r.isAddress(word &^ math.MaxUint32) {
				lower = math.MaxUint32
			}
			binary.LittleEndian.PutUint32(bytes[at:], lower)
			gone += 4
		}
		beforeWasDropped = isData
		doubtfulBefore = found == doubtful
	}
	// What is no whole word tells nothing.
	for at := end; at < len(bytes); at++ {
		bytes[at] = 0
		gone++
	}
	return gone, beforeWasDropped
}

// textLength is the number of characters of six bytes, if all but the last zeros are printable; 0 if any is not.
func textLength(word uint64) (count int) {
	ended := false
	for i := 0; i < 6; i++ {
		switch character := byte(word >> (8 * i)); {
		case character == 0:
			ended = true
		case ended || !isPrintable(character):
			return 0
		default:
			count++
		}
	}
	return count
}

// Bytes above 126 belong to characters of UTF-8.
func isPrintable(character byte) bool { return character >= 0x20 && character != 0x7f }
func hasText(half uint32) bool        { return isPrintable(byte(half)) && isPrintable(byte(half>>8)) }
func isSmall(half uint32) bool        { return half < 1<<24 || half >= 0xffff0000 }

// isExponent is of the upper byte of a float64 from 2^-32 to 2^32, of either sign.
func isExponent(upper byte) bool { return upper&0x7f >= 0x3d && upper&0x7f <= 0x41 }
