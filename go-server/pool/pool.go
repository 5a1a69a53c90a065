package main

import "sync"

// Pool shares the connections to a database. A connection that is given back goes
// to the keeper, a goroutine that looks at it before anybody else gets it.
type Pool struct {
	dial func() *Conn

	mu    sync.Mutex
	ready *sync.Cond // a connection is free
	free  []*Conn

	returned  chan *Conn
	failovers chan string
	// renewals tells of each connection that was dialled anew.
	renewals chan Renewal
}

// Renewal is what the journal keeps of one.
type Renewal struct {
	Conn    int
	Primary string
}

func newPool(dial func() *Conn, size int) *Pool {
	p := &Pool{
		dial:      dial,
		returned:  make(chan *Conn, size),
		failovers: make(chan string),
		renewals:  make(chan Renewal),
	}
	p.ready = sync.NewCond(&p.mu)
	for i := 0; i < size; i++ {
		p.free = append(p.free, dial())
	}
	go p.keep()
	return p
}

// acquire takes a connection, and waits for one when there is none.
func (p *Pool) acquire() *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.free) == 0 {
		p.ready.Wait()
	}
	conn := p.free[0]
	p.free = p.free[1:]
	return conn
}

// release gives a connection back. It never waits: there is room for all of them.
func (p *Pool) release(conn *Conn) {
	p.returned <- conn
}

// keep is the keeper.
func (p *Pool) keep() {
	for {
		select {
		case conn := <-p.returned:
			p.put(conn)
		case primary := <-p.failovers:
			p.renew(primary)
		}
	}
}

// put makes a connection free.
func (p *Pool) put(conns ...*Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, conns...)
	for range conns {
		p.ready.Signal()
	}
}

// takeFree takes all free connections away.
func (p *Pool) takeFree() []*Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	conns := p.free
	p.free = nil
	return conns
}
