package main

import "sync/atomic"

// Alarm is what a machine reports.
type Alarm struct {
	Machine string `json:"machine"`
	Urgent  bool   `json:"urgent"`
}

// Config says who is told.
type Config struct {
	// Pager is the number that is called for urgent alarms. Plants without staff at
	// night have none.
	Pager string
	// Board is the name of the board that shows all alarms.
	Board string
}

// Count is how many alarms there were.
type Count struct {
	All    int `json:"all"`
	Urgent int `json:"urgent"`
}

// Desk passes alarms on. One goroutine does, so that they keep their order.
type Desk struct {
	alarms chan Alarm
	counts chan chan Count

	pager chan Alarm
	board chan Alarm
	told  int64
}

func openDesk(config Config) *Desk {
	d := &Desk{
		alarms: make(chan Alarm, 16),
		counts: make(chan chan Count),
		board:  make(chan Alarm, 16),
	}
	go d.tell(d.board)
	d.connectPager(config)
	go d.run()
	return d
}

// report takes an alarm in.
func (d *Desk) report(alarm Alarm) {
	d.alarms <- alarm
}

// count asks how many there were.
func (d *Desk) count() Count {
	answer := make(chan Count, 1)
	d.counts <- answer
	return <-answer
}

func (d *Desk) run() {
	var count Count
	for {
		select {
		case alarm := <-d.alarms:
			count.All++
			if alarm.Urgent {
				count.Urgent++
			}
			d.pass(alarm)
		case answer := <-d.counts:
			answer <- count
		}
	}
}

// pass hands an alarm to those whom it concerns.
func (d *Desk) pass(alarm Alarm) {
	if alarm.Urgent {
		d.pager <- alarm
	}
	d.board <- alarm
}

// tell stands for the lines to a pager or a board.
func (d *Desk) tell(alarms <-chan Alarm) {
	for range alarms {
		atomic.AddInt64(&d.told, 1)
	}
}
