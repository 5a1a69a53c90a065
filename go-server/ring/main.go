// Command ring keeps counters on three nodes. Each counter lives on one of them;
// whatever else comes to a node is handed on to the next.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

func main() {
	ring := NewRing("ash", "birch", "cedar")
	service.Main(service.Service{Handler: routes(ring)})
}

func routes(ring map[string]*Node) http.Handler {
	mux := http.NewServeMux()
	node := func(w http.ResponseWriter, r *http.Request, prefix string) *Node {
		found := ring[strings.TrimPrefix(r.URL.Path, prefix)]
		if found == nil {
			http.NotFound(w, r)
		}
		return found
	}
	// A request may come to any node: /counters/ash?key=tea.
	mux.HandleFunc("/counters/", func(w http.ResponseWriter, r *http.Request) {
		if entry := node(w, r, "/counters/"); entry != nil {
			reply := make(chan int, 1)
			entry.inbox <- message{key: r.FormValue("key"), reply: reply}
			fmt.Fprintln(w, <-reply)
		}
	})
	// One key per line; the lines may take their time to come.
	mux.HandleFunc("/imports/", func(w http.ResponseWriter, r *http.Request) {
		if entry := node(w, r, "/imports/"); entry != nil {
			reply := make(chan int, 1)
			entry.inbox <- message{lines: bufio.NewScanner(r.Body), reply: reply}
			fmt.Fprintln(w, <-reply)
		}
	})
	return mux
}
