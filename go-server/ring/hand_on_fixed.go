//go:build fixed

package main

// handOn gives a message to the next node.
//
// The repair: while it waits for room there, it goes on to take in what comes, and
// puts that aside.
func (n *Node) handOn(m message) {
	for {
		select {
		case n.next.inbox <- m:
			return
		case taken := <-n.inbox:
			n.waiting = append(n.waiting, taken)
		}
	}
}
