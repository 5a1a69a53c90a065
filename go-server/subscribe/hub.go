package main

import (
	"context"
	"sync"
)

// Hub knows who waits for news on which topic.
type Hub struct {
	mu     sync.Mutex
	topics map[string]map[*Subscription]bool
}

// Subscription is a client's interest in a topic, until it is stopped.
type Subscription struct {
	// News has room for one piece; what comes before that is taken is lost.
	News <-chan string
	news chan<- string
	stop context.CancelFunc
}

// Stop ends the subscription.
func (s *Subscription) Stop() { s.stop() }

// NewHub returns a hub without subscriptions.
func NewHub() *Hub {
	return &Hub{topics: make(map[string]map[*Subscription]bool)}
}

// Subscribe adds a subscription, which lasts until it is stopped.
func (h *Hub) Subscribe(topic string) *Subscription {
	news := make(chan string, 1)
	ctx, stop := context.WithCancel(context.Background())
	s := &Subscription{News: news, news: news, stop: stop}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[topic] == nil {
		h.topics[topic] = make(map[*Subscription]bool)
	}
	h.topics[topic][s] = true
	go h.removeAfter(ctx, topic, s)
	return s
}

// removeAfter forgets a subscription once its context has ended.
func (h *Hub) removeAfter(ctx context.Context, topic string, s *Subscription) {
	<-ctx.Done()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.topics[topic], s)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
}

// Publish passes news on to all who wait for it.
func (h *Hub) Publish(topic, news string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.topics[topic] {
		select {
		case s.news <- news:
		default:
		}
	}
}

// Topics tells how many topics somebody is interested in.
func (h *Hub) Topics() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics)
}
