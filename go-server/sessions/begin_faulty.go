//go:build !fixed

package main

// begin makes this the session of the user.
//
// The fault: a session that the user had before is forgotten. It alone knew how to
// end its context.
func (d *Desk) begin(user string, session *Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions[user] = session
}
