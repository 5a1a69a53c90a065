//go:build fixed

package main

import "time"

// sendMetricsToOutChannel ends an interval: it reports how full inChannel is
// and sends the totals on.
//
// The repair: it runs on the goroutine that owns the totals, so it adds its own
// measurement to them directly and never waits for inChannel.
func (m *Metrics) sendMetricsToOutChannel(scope Scope, updateInterval time.Duration) {
	m.add(NewSetMetric("metrics.raw_channel", len(m.inChannel), minute))
	m.flush(scope, updateInterval)
}
