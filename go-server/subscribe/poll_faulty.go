//go:build !fixed

package main

import "net/http"

// poll answers with the next piece of news on a topic.
//
// The fault: the subscription is not stopped. Its context is not that of the
// request, so it does not end with the request either: what waits for the end
// stays, and so does the subscription.
func poll(hub *Hub, topic string, w http.ResponseWriter, r *http.Request) {
	s := hub.Subscribe(topic)
	answer(s, w, r)
}
