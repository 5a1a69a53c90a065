// Command subscribe is a board of news. Clients ask for the next piece of news on
// a topic, and the answer comes when there is one.
package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lab.example/go-server/internal/service"
)

// pollTimeout is when a client is sent home to ask again.
const pollTimeout = 30 * time.Second

func main() {
	service.Main(service.Service{Handler: routes(NewHub())})
}

func routes(hub *Hub) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/topics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, hub.Topics())
	})
	mux.HandleFunc("/news/", func(w http.ResponseWriter, r *http.Request) {
		topic := strings.TrimPrefix(r.URL.Path, "/news/")
		if r.Method != http.MethodPost {
			poll(hub, topic, w, r)
			return
		}
		news, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		hub.Publish(topic, string(news))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// answer writes the next piece of news, or that there was none in time.
func answer(s *Subscription, w http.ResponseWriter, r *http.Request) {
	timeout := time.NewTimer(pollTimeout)
	defer timeout.Stop()
	select {
	case news := <-s.News:
		fmt.Fprintln(w, news)
	case <-timeout.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}
