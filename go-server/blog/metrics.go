package main

import (
	"context"
	"time"
)

// channelCapacity lets a burst of requests count without waiting for the
// consumer.
const channelCapacity = 100

// Metrics combines measurements per second and per minute and publishes the
// results. Any goroutine may count; one goroutine combines, so that the totals
// need no lock, and another publishes.
type Metrics struct {
	inChannel  chan Metric
	outChannel chan Metric

	// totals belongs to the consumer of inChannel.
	totals [scopes]map[string]Metric

	publish func(Metric)
	now     func() time.Time
	done    chan struct{}
}

// NewMetrics starts both consumers. publish is called from one goroutine, once
// for each key and interval; now tells the time, as time.Now does.
func NewMetrics(publish func(Metric), now func() time.Time) *Metrics {
	m := &Metrics{
		inChannel:  make(chan Metric, channelCapacity),
		outChannel: make(chan Metric, channelCapacity),
		publish:    publish,
		now:        now,
		done:       make(chan struct{}),
	}
	for scope := range m.totals {
		m.totals[scope] = make(map[string]Metric)
	}
	go m.startInChannelConsumer()
	go m.startOutChannelConsumer()
	return m
}

// CountS increments a counter per second.
func (m *Metrics) CountS(key string) {
	metric := NewCountMetric(key, 1, second)
	m.inChannel <- metric
}

// CountM increments a counter per minute.
func (m *Metrics) CountM(key string) {
	metric := NewCountMetric(key, 1, minute)
	m.inChannel <- metric
}

// SetM sets a value per minute.
func (m *Metrics) SetM(key string, value int) {
	metric := NewSetMetric(key, value, minute)
	m.inChannel <- metric
}

// Close publishes what was counted before it and ends both consumers. Nothing
// may be counted after it. It returns the context's error if they do not end
// in time.
func (m *Metrics) Close(ctx context.Context) error {
	// inChannel has many senders, so it is never closed: the end comes as the
	// last value in the queue.
	select {
	case m.inChannel <- Metric{Type: typeStop}:
	case <-m.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startInChannelConsumer combines what arrives and hands on what an interval
// has brought once a metric arrives after its end.
func (m *Metrics) startInChannelConsumer() {
	defer close(m.outChannel)

	started := m.now()
	lastUpdate := [scopes]time.Time{second: started, minute: started}
	for inMetrics := range m.inChannel {
		now := m.now()
		stop := inMetrics.Type == typeStop
		for scope := second; scope < scopes; scope++ {
			updateInterval := now.Sub(lastUpdate[scope])
			switch {
			case stop:
				m.flush(scope, updateInterval)
			case updateInterval >= scope.interval():
				m.sendMetricsToOutChannel(scope, updateInterval)
				lastUpdate[scope] = now
			}
		}
		if stop {
			return
		}
		m.add(inMetrics)
	}
}

// add combines a metric with what came before it in the same interval.
func (m *Metrics) add(metric Metric) {
	totals := m.totals[metric.Scope]
	if metric.Type == TypeCount {
		metric.Value += totals[metric.Key].Value
	}
	totals[metric.Key] = metric
}

// flush sends the totals of a scope to outChannel and starts them anew.
func (m *Metrics) flush(scope Scope, updateInterval time.Duration) {
	for key, metric := range m.totals[scope] {
		metric.Interval = updateInterval
		m.outChannel <- metric
		delete(m.totals[scope], key)
	}
}

// startOutChannelConsumer publishes until outChannel is closed.
func (m *Metrics) startOutChannelConsumer() {
	defer close(m.done)

	for outMetrics := range m.outChannel {
		m.publish(outMetrics)
	}
}
