// Command crawler visits the handbooks of a firm over and over, so that its search
// knows of every page.
package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"lab.example/go-server/internal/service"
)

// betweenSites is a pause for politeness.
const betweenSites = 20 * time.Millisecond

func main() {
	var pages int64
	go crawlAll(&pages)
	service.Main(service.Service{Handler: routes(&pages)})
}

// crawlAll visits one handbook after the other: two small ones, and one with more
// chapters than pages may be fetched at a time.
func crawlAll(pages *int64) {
	handbooks := []docs{{chapters: 2, sections: 1}, {chapters: 3, sections: 0}, {chapters: 12, sections: 3}}
	for n := 0; ; n++ {
		crawlSite(handbooks[n%len(handbooks)], "/", pages)
		time.Sleep(betweenSites)
	}
}

func routes(pages *int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/pages", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, atomic.LoadInt64(pages))
	})
	return mux
}
