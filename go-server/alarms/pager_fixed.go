//go:build fixed

package main

// connectPager opens the line to the pager.
//
// The repair: there is always a channel. Without a number, urgent alarms go to the
// board a second time, where they are shown in red.
func (d *Desk) connectPager(config Config) {
	if config.Pager == "" {
		d.pager = d.board
		return
	}
	d.pager = make(chan Alarm, 16)
	go d.tell(d.pager)
}
