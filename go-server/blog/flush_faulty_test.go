//go:build !fixed

package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// brief bounds the waits that must end in nothing; stuck itself is seen in the
// stacks, not concluded from this time.
const brief = 100 * time.Millisecond

func consumerIsStuck() bool {
	stack := stackOf("(*Metrics).SetM", "(*Metrics).sendMetricsToOutChannel", "(*Metrics).startInChannelConsumer")
	return strings.Contains(stack, "[chan send")
}

func TestTheConsumerWaitsForItselfWhenTheChannelIsFullAtTheEndOfASecond(t *testing.T) {
	m, record := fullAtSecondBoundary(t)
	eventually(t, "the consumer is stuck in SetM", consumerIsStuck)
	if got := len(m.inChannel); got != cap(m.inChannel) {
		t.Errorf("%d values in inChannel, want %d", got, cap(m.inChannel))
	}
	if err := closeWithin(t, m, brief); !isTimeout(err) {
		t.Errorf("Close: %v, want a timeout", err)
	}
	if !consumerIsStuck() || len(m.inChannel) != cap(m.inChannel) {
		t.Error("the consumer went on by itself")
	}

	// One receive by anybody else is all that was missing.
	<-m.inChannel
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatalf("after the receive: %v", err)
	}
	record.want(t, "requests", cap(m.inChannel)) // of one more, this test took one
	noConsumerIsLeft(t)
}

func TestRequestsHangBehindTheStuckConsumerAndShutdownGivesUp(t *testing.T) {
	m, _ := fullAtSecondBoundary(t)
	eventually(t, "the consumer is stuck in SetM", consumerIsStuck) // and is first in the queue of senders
	server, url := serveMetrics(t, m)
	patient, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		_, err := get(patient, url)
		answered <- err
	}()
	eventually(t, "the request hangs in CountS", func() bool {
		return strings.Contains(stackOf("(*Metrics).CountS", "(*handler).ServeHTTP"), "[chan send")
	})
	ctx, cancel := context.WithTimeout(context.Background(), brief)
	defer cancel()
	if err := shutdown(ctx, server, m); !isTimeout(err) {
		t.Errorf("shutdown: %v, want a timeout", err)
	}

	<-m.inChannel
	if err := <-answered; err != nil {
		t.Errorf("after the receive: %v", err)
	}
	if err := closeWithin(t, m, patience); err != nil {
		t.Error(err)
	}
	noConsumerIsLeft(t)
}
