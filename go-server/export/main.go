// Command export writes the ledger of a shop into files for the bookkeeper, one
// month after the other, again and again.
package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"lab.example/go-server/internal/service"
)

func main() {
	exporter := &Exporter{ledger: newLedger()}
	service.Main(service.Service{Handler: routes(exporter), Work: exporter.Run})
}

func routes(exporter *Exporter) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/progress", func(w http.ResponseWriter, _ *http.Request) {
		files, failed := exporter.Progress()
		fmt.Fprintf(w, "%d files written, %d given up\n", files, failed)
	})
	return mux
}

// pace is how much time there is for each file.
const pace = 10 * time.Millisecond

// Run exports month after month until the context ends; after the last one it
// begins anew.
func (e *Exporter) Run(ctx context.Context) {
	next := time.NewTicker(pace)
	defer next.Stop()
	for month := 0; ; month = (month + 1) % len(e.ledger) {
		select {
		case <-next.C:
			e.export(month)
		case <-ctx.Done():
			return
		}
	}
}
