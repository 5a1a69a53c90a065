// Command printers has orders printed, a page for each, by one printer.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// Orders that wait at a time; the next one is taken when one is printed.
const room = 24

// Printer prints one page at a time, when it is hot.
type Printer struct {
	mu      sync.Mutex
	pages   chan struct{}
	heat    *time.Ticker
	printed atomic.Int64
}

// Print waits for its turn and then for the page.
func (p *Printer) Print() {
	p.mu.Lock()
	defer p.mu.Unlock()
	<-p.pages
	p.printed.Add(1)
}

func (p *Printer) run(stop <-chan struct{}) {
	for {
		select {
		case <-p.heat.C:
		case <-stop:
			return
		}
		select {
		case p.pages <- struct{}{}:
		case <-stop:
			return
		}
	}
}

func (p *Printer) take(slots chan struct{}) {
	for {
		slots <- struct{}{}
		go func() {
			p.Print()
			<-slots
		}()
	}
}

func main() {
	cold := flag.Int64("cold-after", 0, "pages after which the printer is switched off; 0: never")
	flag.Parse()
	printer := &Printer{pages: make(chan struct{}), heat: time.NewTicker(15 * time.Millisecond)}
	go printer.run(make(chan struct{}))
	go printer.take(make(chan struct{}, room))
	http.HandleFunc("/printed", func(w http.ResponseWriter, _ *http.Request) {
		if *cold > 0 && printer.printed.Load() >= *cold {
			printer.heat.Stop()
		}
		fmt.Fprintln(w, printer.printed.Load())
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
