package main

import "sync/atomic"

type parcel struct {
	number int
	label  string
}

// desk sorts parcels one at a time; everybody brings them through one channel.
type desk struct {
	in     chan parcel
	urgent chan parcel
	sorted int
}

func newDesk(size int) *desk {
	return &desk{in: make(chan parcel, size), urgent: make(chan parcel)}
}

// sort is the only one who takes parcels, and it puts those without a label back: the fault.
func (d *desk) sort() {
	for {
		select {
		case p := <-d.in:
			d.place(p)
		case p := <-d.urgent:
			d.place(p)
		}
	}
}

//go:noinline
func (d *desk) place(p parcel) {
	for i := 0; p.label == "" && i < 2; i++ {
		d.put(parcel{number: p.number, label: ""})
	}
	d.sorted++
}

//go:noinline
func (d *desk) put(p parcel) {
	d.in <- p
}

//go:noinline
func importRow(d *desk, number int, begun *int64) {
	atomic.AddInt64(begun, 1)
	bring(d, parcel{number: number, label: "row"})
}

//go:noinline
func retry(d *desk, number int, begun *int64) {
	atomic.AddInt64(begun, 1)
	bring(d, parcel{number: number, label: "again"})
}

//go:noinline
func handle(d *desk, number int, begun *int64) {
	atomic.AddInt64(begun, 1)
	bring(d, parcel{number: number, label: "request"})
}

//go:noinline
func bring(d *desk, p parcel) {
	d.put(p)
}

// offer takes whichever way is free first; both end at the same desk.
//
//go:noinline
func offer(d *desk, number int, begun *int64) {
	atomic.AddInt64(begun, 1)
	p := parcel{number: number}
	select {
	case d.in <- p:
	case d.urgent <- p:
	}
}
