//go:build !fixed

package main

// connectPager opens the line to the pager.
//
// The fault: without a number there is no channel, and whoever sends to no channel
// waits for ever. Nothing else in the program looks at the number.
func (d *Desk) connectPager(config Config) {
	if config.Pager == "" {
		return
	}
	d.pager = make(chan Alarm, 16)
	go d.tell(d.pager)
}
