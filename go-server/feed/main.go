// Command feed passes the events of a batch on to everybody who watches.
package main

import (
	"bufio"
	"fmt"
	"net/http"

	"lab.example/go-server/internal/service"
)

func main() {
	feed := NewFeed()
	service.Main(service.Service{Handler: routes(feed)})
}

func routes(feed *Feed) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/watchers", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, feed.Watchers())
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			// One event per line; the batch may take its time to come.
			if err := feed.Publish(bufio.NewScanner(r.Body)); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		watch(feed, w, r)
	})
	return mux
}

// watch writes every event to a client until the client goes away.
func watch(feed *Feed, w http.ResponseWriter, r *http.Request) {
	watcher := feed.Subscribe(r.Context())
	defer feed.Unsubscribe(watcher)
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(line string) {
		fmt.Fprintf(w, "%s\n\n", line)
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
	}
	send(": welcome")
	for {
		select {
		case event := <-watcher.events:
			send("data: " + event)
		case <-r.Context().Done():
			return
		}
	}
}
