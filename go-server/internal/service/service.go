// Package service is what the programs of all scenarios have in common: flags,
// listeners, the pages of net/http/pprof, signals and a bounded shutdown. What
// is left in their own main is their story.
package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// shutdownTimeout bounds the wait for running requests and for Close.
const shutdownTimeout = 2 * time.Second

// Service is a program's own part.
type Service struct {
	// Handler answers the public address.
	Handler http.Handler
	// Work, when there is one, is begun in a goroutine of its own once both
	// addresses are listened on. Its context ends when the service is to end.
	Work func(ctx context.Context)
	// Close, when there is one, ends what runs behind the handler. The requests
	// have been answered by then.
	Close func(ctx context.Context) error
}

// Main reads the flags and serves until SIGINT or SIGTERM; a second signal ends
// the process at once. It exits with status 1 when it cannot serve, and when
// what runs does not end in time.
func Main(s Service) {
	addr := flag.String("addr", "127.0.0.1:0", "address to serve on")
	pprofAddr := flag.String("pprof-addr", "127.0.0.1:0", "address of the debug pages; empty for none")
	flag.Parse()

	if err := s.run(*addr, *pprofAddr); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func (s Service) run(addr, pprofAddr string) error {
	// Asked for before anyone can know that the server is up.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	failed := make(chan error, 2)
	if pprofAddr != "" {
		pprofListener, err := net.Listen("tcp", pprofAddr)
		if err != nil {
			return err
		}
		debug := &http.Server{Handler: DebugPages()}
		defer debug.Close()
		Serve(debug, "pprof", pprofListener, failed)
	}
	server := &http.Server{Handler: s.Handler}
	Serve(server, "server", listener, failed)

	working, stopWork := context.WithCancel(context.Background())
	defer stopWork()
	if s.Work != nil {
		go s.Work(working)
	}

	select {
	case err := <-failed:
		return err
	case <-signals:
		signal.Stop(signals)
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return s.shutdown(ctx, server)
}

// shutdown lets running requests finish, then ends what is behind them.
func (s Service) shutdown(ctx context.Context, server *http.Server) error {
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests did not finish: %w", err)
	}
	if s.Close == nil {
		return nil
	}
	return s.Close(ctx)
}

// Serve says where it listens and serves in the background.
func Serve(server *http.Server, name string, listener net.Listener, failed chan<- error) {
	fmt.Printf("%s listening addr=%s\n", name, listener.Addr())
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
}

// DebugPages serves net/http/pprof, apart from the public address.
func DebugPages() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
