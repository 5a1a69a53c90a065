package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen.
const patience = 10 * time.Second

// clock is a time that the test sets. The consumer looks at it when it starts
// and at each metric. While it is held, a look does not return.
type clock struct {
	mu      sync.Mutex
	time    time.Time
	started bool
	waiting bool          // a look is being held
	held    chan struct{} // closed on release; nil when not held
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = true
	if held := c.held; held != nil {
		c.waiting = true
		c.mu.Unlock()
		<-held
		c.mu.Lock()
	}
	return c.time
}

// holdAt calls send, which must send a metric, and returns when the consumer
// has a metric in its hands and waits to learn the time.
func (c *clock) holdAt(t *testing.T, send func()) {
	t.Helper()
	eventually(t, "the consumer has started", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.started
	})
	c.mu.Lock()
	c.held = make(chan struct{})
	c.mu.Unlock()
	send()
	eventually(t, "the consumer waits for the clock", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.waiting
	})
}

// release lets the consumer go on, later than it came by the given time.
func (c *clock) release(later time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(later)
	close(c.held)
	c.held, c.waiting = nil, false
}

// record collects what is published.
type record struct {
	mu     sync.Mutex
	values map[string]int
}

func newRecord() *record { return &record{values: make(map[string]int)} }

// publish adds up the intervals of a counter and keeps the last of a value.
func (r *record) publish(metric Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if metric.Type == TypeCount {
		metric.Value += r.values[metric.Key]
	}
	r.values[metric.Key] = metric.Value
}

func (r *record) value(key string) (value int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok = r.values[key]
	return value, ok
}

func (r *record) want(t *testing.T, key string, want int) {
	t.Helper()
	if got, _ := r.value(key); got != want {
		t.Errorf("%s = %d, want %d", key, got, want)
	}
}

// fullAtSecondBoundary brings the consumer to the end of a second with one
// metric in its hands and inChannel full behind it, and lets it go on.
func fullAtSecondBoundary(t *testing.T) (*Metrics, *record) {
	t.Helper()
	clock, record := &clock{}, newRecord()
	m := NewMetrics(record.publish, clock.now)
	clock.holdAt(t, func() { m.CountS("requests") })
	for len(m.inChannel) < cap(m.inChannel) {
		m.CountS("requests")
	}
	clock.release(time.Second)
	return m, record
}

func closeWithin(t *testing.T, m *Metrics, timeout time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return m.Close(ctx)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s\n%s", patience, what, stacks())
		}
	}
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	for buf := make([]byte, 1<<20); ; buf = make([]byte, 2*len(buf)) {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return string(buf[:n])
		}
	}
}

// stackOf returns the stack of a goroutine that is inside all the functions.
func stackOf(functions ...string) string {
next:
	for _, stack := range strings.Split(stacks(), "\n\n") {
		for _, function := range functions {
			if !strings.Contains(stack, function+"(") {
				continue next
			}
		}
		return stack
	}
	return ""
}

func noConsumerIsLeft(t *testing.T) {
	t.Helper()
	eventually(t, "both consumers have ended", func() bool {
		return stackOf("startInChannelConsumer") == "" && stackOf("startOutChannelConsumer") == ""
	})
}

func TestCountsAddUpAndSetsReplace(t *testing.T) {
	record := newRecord()
	m := NewMetrics(record.publish, (&clock{}).now)
	m.CountS("per-second")
	m.CountS("per-second")
	m.CountM("per-minute")
	m.SetM("level", 7)
	m.SetM("level", 3)
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatal(err)
	}
	record.want(t, "per-second", 2)
	record.want(t, "per-minute", 1)
	record.want(t, "level", 3)
	noConsumerIsLeft(t)
}

func TestEachScopeIsPublishedAtItsOwnInterval(t *testing.T) {
	clock, record := &clock{}, newRecord()
	m := NewMetrics(record.publish, clock.now)
	send := func(count func(key string), key string, later time.Duration) {
		clock.holdAt(t, func() { count(key) })
		clock.release(later)
	}
	send(m.CountS, "per-second", 0)
	send(m.CountM, "per-minute", 0)
	send(m.CountS, "tick", time.Second)
	eventually(t, "the second is published", func() bool { _, ok := record.value("per-second"); return ok })
	if _, ok := record.value("per-minute"); ok {
		t.Error("a counter per minute was published after a second")
	}
	send(m.CountS, "tick", time.Minute)
	eventually(t, "the minute is published", func() bool { _, ok := record.value("per-minute"); return ok })
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatal(err)
	}
	record.want(t, "per-minute", 1)
}

func TestMoreKeysThanOutChannelHoldsAreAllPublished(t *testing.T) {
	record := newRecord()
	m := NewMetrics(record.publish, (&clock{}).now)
	const keys = 5 * channelCapacity
	for i := 0; i < keys; i++ {
		m.CountS(fmt.Sprint("key-", i))
	}
	if err := closeWithin(t, m, patience); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < keys; i++ {
		record.want(t, fmt.Sprint("key-", i), 1)
	}
}

func TestClosingTwiceIsHarmless(t *testing.T) {
	m := NewMetrics(newRecord().publish, time.Now)
	for i := 0; i < 2; i++ {
		if err := closeWithin(t, m, patience); err != nil {
			t.Fatal(err)
		}
	}
}

// serveMetrics starts a server of the handler that counts in m.
func serveMetrics(t *testing.T, m *Metrics) (server *http.Server, url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server = &http.Server{Handler: &handler{metrics: m}}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return server, "http://" + listener.Addr().String() + "/"
}

// get returns the status code, or the error of a request that got no answer.
func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	return response.StatusCode, nil
}

func TestAServerThatWasAskedToEndPublishesItsLastRequests(t *testing.T) {
	record := newRecord()
	m := NewMetrics(record.publish, (&clock{}).now)
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
	record.want(t, "server.req-served", 1)
	noConsumerIsLeft(t)
}

func TestATakenPortIsAnErrorThatNamesIt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	addr := listener.Addr().String()
	if err := run(addr, "", false); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("error %v, want one that names %s", err, addr)
	}
	noConsumerIsLeft(t)
}

func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
