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
	total, err := strconv.Atoi(argument())
	if err != nil || total < 2*others {
		fmt.Fprintf(os.Stderr, "usage: crowd GOROUTINES (at least %d)\n", 2*others)
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
	go desk.sort()
	for i := 1; i < stuck; i++ {
		switch i % 8 {
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
	for atomic.LoadInt64(&begun) < int64(stuck-1) {
		time.Sleep(10 * time.Millisecond)
	}
	settle()
	fmt.Printf("ready goroutines=%d stuck=%d\n", total, stuck)
	io.Copy(io.Discard, os.Stdin)
}

func argument() string {
	if len(os.Args) != 2 {
		return ""
	}
	return os.Args[1]
}

// settle waits until the process uses no processor time to speak of: everybody has parked.
func settle() {
	for quiet, last := 0, spent(); quiet < 4; {
		time.Sleep(50 * time.Millisecond)
		now := spent()
		if now-last < 10*time.Millisecond {
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
