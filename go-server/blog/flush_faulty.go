//go:build !fixed

package main

import "time"

// sendMetricsToOutChannel ends an interval: it reports how full inChannel is
// and sends the totals on.
//
// The fault: it runs on the goroutine that alone receives from inChannel, and
// SetM sends to inChannel. When the channel is full at this moment, nobody is
// left to make room.
func (m *Metrics) sendMetricsToOutChannel(scope Scope, updateInterval time.Duration) {
	m.SetM("metrics.raw_channel", len(m.inChannel))
	m.flush(scope, updateInterval)
}
