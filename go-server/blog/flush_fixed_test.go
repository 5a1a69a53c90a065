//go:build fixed

package main

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestTheConsumerGoesOnWhenTheChannelIsFullAtTheEndOfASecond(t *testing.T) {
	m, record := fullAtSecondBoundary(t)
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatalf("%v\n%s", err, stacks())
	}
	record.want(t, "requests", cap(m.inChannel)+1)
	record.want(t, "metrics.raw_channel", cap(m.inChannel))
	noConsumerIsLeft(t)
}

func TestRequestsAreAnsweredAfterTheChannelWasFullAtTheEndOfASecond(t *testing.T) {
	m, record := fullAtSecondBoundary(t)
	server, url := serveMetrics(t, m)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if status, err := get(ctx, url); err != nil || status != http.StatusOK {
		t.Fatalf("status %d, error %v", status, err)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := shutdown(ctx, server, m); err != nil {
		t.Fatal(err)
	}
	record.want(t, "server.req-incoming", 1)
	noConsumerIsLeft(t)
}

// Here every metric ends a minute, so that each flush meets whatever state the
// senders have brought about.
func TestNothingIsLostWhenManySendersMeetABoundaryAtEachMetric(t *testing.T) {
	var time0 time.Time
	now := func() time.Time { // only the consumer looks at it
		time0 = time0.Add(time.Minute)
		return time0
	}
	record := newRecord()
	m := NewMetrics(record.publish, now)
	const senders, each = 200, 200
	var sending sync.WaitGroup
	for i := 0; i < senders; i++ {
		sending.Add(1)
		go func() {
			defer sending.Done()
			for j := 0; j < each; j++ {
				m.CountS("per-second")
				m.CountM("per-minute")
			}
		}()
	}
	sent := make(chan struct{})
	go func() {
		sending.Wait()
		close(sent)
	}()
	select {
	case <-sent:
	case <-time.After(patience):
		t.Fatalf("the senders did not get through\n%s", stacks())
	}
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatal(err)
	}
	record.want(t, "per-second", senders*each)
	record.want(t, "per-minute", senders*each)
	noConsumerIsLeft(t)
}
