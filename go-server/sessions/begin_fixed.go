//go:build fixed

package main

// begin makes this the session of the user.
//
// The repair: a session that the user had before is ended.
func (d *Desk) begin(user string, session *Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before := d.sessions[user]; before != nil {
		before.end()
	}
	d.sessions[user] = session
}
