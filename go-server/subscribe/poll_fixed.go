//go:build fixed

package main

import "net/http"

// poll answers with the next piece of news on a topic.
//
// The repair: the subscription is stopped, however the request ends.
func poll(hub *Hub, topic string, w http.ResponseWriter, r *http.Request) {
	s := hub.Subscribe(topic)
	defer s.Stop()
	answer(s, w, r)
}
