//go:build !fixed

package main

// renew dials all free connections anew, since they lead to a database that does
// not take writes any more.
//
// The fault: the journal, which is told of each, is written to that same database.
// It waits for a connection from the second one on, and the connections become free
// when it has been told of the last.
func (p *Pool) renew(primary string) {
	conns := p.takeFree()
	for i, old := range conns {
		old.hangUp()
		conns[i] = p.dial()
		p.renewals <- Renewal{Conn: conns[i].number, Primary: primary}
	}
	p.put(conns...)
}
