//go:build !fixed

package main

// wake tells those who wait that there is a letter more or less. One letter is of
// use to one of them, so one is woken.
//
// The fault: it may be the wrong one. A sender who wakes another sender finds him
// with nothing to do; he waits again, and the signal was for nothing.
func (o *Outbox) wake() {
	o.changed.Signal()
}
