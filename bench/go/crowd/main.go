// Command crowd holds as many goroutines as it is told, nearly all of them stuck behind one consumer that
// sends to its own full channel. It prints `ready` with the number of stuck ones when everybody has come to
// rest, and waits for its standard input to end.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	sleepers  = 20
	listeners = 20
	// Goroutines that are not stuck behind the consumer: the main one, the beacon, sleepers and listeners.
	others = 2 + sleepers + listeners
)

func main() {
	total, err := strconv.Atoi(argument(1))
	if err != nil || total < 2*others {
		fmt.Fprintf(os.Stderr, "usage: crowd GOROUTINES [late] (at least %d)\n", 2*others)
		os.Exit(2)
	}
	// Collecting garbage while a million stacks grow costs minutes and changes nothing.
	debug.SetGCPercent(-1)
	desk := newDesk(100)
	var begun int64
	beacon := make(chan int)
	go blink(beacon)
	for i := 0; i < listeners; i++ {
		go listen(beacon)
	}
	for i := 0; i < sleepers; i++ {
		go nap()
	}
	stuck := total - others
	for i := 0; i < cap(desk.in); i++ {
		desk.in <- parcel{number: i}
	}
	// Late: kind after kind, and the one at fault last of all, where a list is read to its end to find it.
	late := argument(2) == "late"
	first := 1
	if late {
		// The one that it takes before it is stuck lets one of the others go.
		first = 0
	} else {
		go desk.sort()
		settle()
	}
	for i := first; i < stuck; i++ {
		kind := i % 8
		if late {
			kind = (i * 8) / stuck
		}
		switch kind {
		case 0:
			go importRow(desk, i, &begun)
		case 1:
			go retry(desk, i, &begun)
		case 2:
			go offer(desk, i, &begun)
		default:
			go handle(desk, i, &begun)
		}
	}
	for atomic.LoadInt64(&begun) < int64(stuck-first) {
		time.Sleep(10 * time.Millisecond)
	}
	if late {
		settle()
		go desk.sort()
	}
	settle()
	fmt.Printf("ready goroutines=%d stuck=%d\n", total, stuck)
	io.Copy(io.Discard, os.Stdin)
}

func argument(n int) string {
	if n >= len(os.Args) {
		return ""
	}
	return os.Args[n]
}

// settle waits until the process uses no processor time to speak of: everybody has parked.
func settle() {
	for quiet, last := 0, spent(); quiet < 8; {
		time.Sleep(50 * time.Millisecond)
		now := spent()
		if now-last < time.Millisecond {
			quiet++
		} else {
			quiet = 0
		}
		last = now
	}
}

func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// blink is alive: its listeners are woken now and then.
func blink(beacon chan int) {
	for turn := 0; ; turn++ {
		time.Sleep(time.Hour)
		beacon <- turn
	}
}

func listen(beacon chan int) {
	for range beacon {
	}
}

func nap() {
	for {
		time.Sleep(time.Hour)
	}
}
