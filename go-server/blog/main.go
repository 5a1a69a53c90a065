// Command blog is a small HTTP service that counts its requests.
package main

import (
	"context"
	"expvar"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"lab.example/go-server/internal/service"
)

// shutdownTimeout bounds the wait for running requests and the last metrics.
const shutdownTimeout = 2 * time.Second

func main() {
	addr := flag.String("addr", ":10080", "address to serve on")
	pprofAddr := flag.String("pprof-addr", "127.0.0.1:10081", "address of the debug pages; empty for none")
	http2 := flag.Bool("http2", false, "speak HTTP/2 without TLS too")
	flag.Parse()

	if err := run(*addr, *pprofAddr, *http2); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM; a second signal ends the process at once.
func run(addr, pprofAddr string, http2 bool) error {
	// Asked for before anyone can know that the server is up.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	published := new(expvar.Map).Init()
	failed := make(chan error, 2)
	if pprofAddr != "" {
		pprofListener, err := net.Listen("tcp", pprofAddr)
		if err != nil {
			return err
		}
		debug := &http.Server{Handler: debugPages(published)}
		defer debug.Close()
		service.Serve(debug, "pprof", pprofListener, failed)
	}

	metrics := NewMetrics(func(metric Metric) {
		value := new(expvar.Int)
		value.Set(int64(metric.Value))
		published.Set(fmt.Sprintf("%s per %s", metric.Key, metric.Scope), value)
	}, time.Now)
	server := &http.Server{Handler: &handler{metrics: metrics}}
	if http2 {
		if err := speakHTTP2(server); err != nil {
			return err
		}
	}
	service.Serve(server, "server", listener, failed)

	select {
	case err := <-failed:
		return err
	case <-signals:
		signal.Stop(signals)
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return shutdown(ctx, server, metrics)
}

// shutdown lets running requests finish, then publishes the last metrics. The
// order matters: a running request may still count.
func shutdown(ctx context.Context, server *http.Server, metrics *Metrics) error {
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests did not finish: %w", err)
	}
	if err := metrics.Close(ctx); err != nil {
		return fmt.Errorf("metrics were not drained: %w", err)
	}
	return nil
}

// handler answers every request and counts it on its way in and out.
type handler struct {
	metrics *Metrics
}

func (h *handler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.metrics.CountS("server.req-incoming")
	io.WriteString(w, "ok\n")
	h.metrics.CountS("server.req-served")
}

// debugPages serves net/http/pprof and the latest published metrics, apart from
// the public address.
func debugPages(published *expvar.Map) http.Handler {
	mux := service.DebugPages()
	mux.HandleFunc("/debug/metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, published.String()+"\n")
	})
	return mux
}
