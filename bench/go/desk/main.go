// Desk is a healthy service that a day on duty disturbs: a page waits for its one till, and reads a block of its book
// past the page cache, so a disk that stands still is felt.
//
//	/no-such-page is not found, and waits for nothing
//	/collect?s=4  allocates for so many seconds while the collector runs without a break
//	/silence?s=2  keeps the till for so long
//	/late?s=5     every page takes 1.4 s longer for so long
//	all else      answers "ok"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const block = 4096

type desk struct {
	till sync.Mutex
	book *os.File
	page []byte
	late atomic.Value // time.Time
}

var sink atomic.Value

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to serve on")
	path := flag.String("book", "", "file that every page reads; none when empty")
	flag.Parse()
	d := &desk{}
	d.late.Store(time.Time{})
	if *path != "" {
		if err := d.open(*path); err != nil {
			log.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("server listening addr=%s\n", listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("/", d.serve)
	mux.HandleFunc("/collect", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < runtime.GOMAXPROCS(0); i++ {
			go collect(span(r))
		}
	})
	mux.HandleFunc("/silence", func(w http.ResponseWriter, r *http.Request) {
		d.till.Lock()
		time.Sleep(span(r))
		d.till.Unlock()
	})
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		d.late.Store(time.Now().Add(span(r)))
	})
	server := &http.Server{Handler: mux}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ended.Done()
		within, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(within) != nil {
			os.Exit(1)
		}
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

func (d *desk) open(path string) error {
	if err := os.WriteFile(path, make([]byte, block), 0o600); err != nil {
		return err
	}
	book, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECT, 0)
	if err != nil {
		return err
	}
	// Past the page cache the kernel reads into whole blocks only.
	room := make([]byte, 2*block)
	skip := block - int(uintptr(unsafe.Pointer(&room[0]))%block)
	d.book, d.page = book, room[skip:skip+block]
	return nil
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/no-such-page" {
		http.NotFound(w, r)
		return
	}
	if until, _ := d.late.Load().(time.Time); time.Now().Before(until) {
		time.Sleep(1400 * time.Millisecond)
	}
	d.till.Lock()
	defer d.till.Unlock()
	if d.book != nil {
		if _, err := d.book.ReadAt(d.page, 0); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}

func span(r *http.Request) time.Duration {
	seconds, err := strconv.ParseFloat(r.URL.Query().Get("s"), 64)
	if err != nil {
		return time.Second
	}
	return time.Duration(seconds * float64(time.Second))
}

// collect keeps a heap of small linked objects growing and the collector busy marking it.
func collect(span time.Duration) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	end := time.Now().Add(span)
	for time.Now().Before(end) {
		kept := map[int]*[]byte{}
		for i := 0; i < 200000 && time.Now().Before(end); i++ {
			piece := make([]byte, 128)
			kept[i] = &piece
		}
		sink.Store(kept)
		runtime.GC()
	}
	sink.Store(map[int]*[]byte{})
}
