package main

import (
	"context"
	"sync"
	"sync/atomic"
)

// Session is one user's stay.
type Session struct {
	// end lets everything go that the session holds.
	end context.CancelFunc
}

// Desk is where users come and go.
type Desk struct {
	mu       sync.Mutex
	sessions map[string]*Session
	taken    int64
}

// NewDesk returns a desk where nobody is logged in.
func NewDesk() *Desk {
	return &Desk{sessions: make(map[string]*Session)}
}

// Login begins a session of a user, who may have one from another device.
func (d *Desk) Login(user string) {
	ctx, end := context.WithCancel(context.Background())
	d.begin(user, &Session{end: end})
	go d.holdSeat(ctx)
}

// Logout ends the session of a user.
func (d *Desk) Logout(user string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if session := d.sessions[user]; session != nil {
		delete(d.sessions, user)
		session.end()
	}
}

// SeatsTaken tells how many seats are taken.
func (d *Desk) SeatsTaken() int64 {
	return atomic.LoadInt64(&d.taken)
}

// holdSeat takes a seat for as long as the session lasts.
func (d *Desk) holdSeat(ctx context.Context) {
	atomic.AddInt64(&d.taken, 1)
	defer atomic.AddInt64(&d.taken, -1)
	<-ctx.Done()
}
