// Command export writes the ledger of a shop into files for the bookkeeper, one
// month after the other, again and again.
package main

import (
	"context"
	"fmt"
	"net/http"

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

// Run exports month after month until the context ends, and then begins anew.
func (e *Exporter) Run(ctx context.Context) {
	for ctx.Err() == nil {
		for month := range e.ledger {
			if ctx.Err() != nil {
				return
			}
			e.export(month)
		}
	}
}
