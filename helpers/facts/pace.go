package main

import (
	"runtime"
	"runtime/debug"
)

const (
	// It lives for one question, and little garbage is cheap: collecting seldom is quicker.
	percentSmall  = 300
	percentMedium = 100
	percentLarge  = 80
	megabyte      = 1 << 20
)

// paceCollector trades time for memory as the program that is read grows: what a small one gains by collecting seldom
// would be gigabytes of garbage of a large one. It looks again after each collection.
func paceCollector() {
	percent := percentSmall
	debug.SetGCPercent(percent)
	var look func(*[16]byte)
	look = func(*[16]byte) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		live := m.NextGC / uint64(100+percent) * 100
		next := percentSmall
		switch {
		case live > 700*megabyte:
			next = percentLarge
		case live > 250*megabyte:
			next = percentMedium
		}
		if next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
		runtime.SetFinalizer(new([16]byte), look)
	}
	runtime.SetFinalizer(new([16]byte), look)
}
