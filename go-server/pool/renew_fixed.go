//go:build fixed

package main

// renew dials all free connections anew, since they lead to a database that does
// not take writes any more.
//
// The repair: the connections are free before the journal is told, and it is told
// by a goroutine that nobody waits for.
func (p *Pool) renew(primary string) {
	conns := p.takeFree()
	var done []Renewal
	for i, old := range conns {
		old.hangUp()
		conns[i] = p.dial()
		done = append(done, Renewal{Conn: conns[i].number, Primary: primary})
	}
	p.put(conns...)
	go func() {
		for _, renewal := range done {
			p.renewals <- renewal
		}
	}()
}
