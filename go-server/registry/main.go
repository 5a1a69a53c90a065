// Command registry tells where the pumps and valves of a plant can be reached.
// Each of them announces itself every now and then.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"lab.example/go-server/internal/service"
)

// longestAddr is longer than any address with a port.
const longestAddr = 64

func main() {
	registry := NewRegistry(log.Printf)
	service.Main(service.Service{Handler: routes(registry)})
}

func routes(registry *Registry) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/devices", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, registry)
	})
	mux.HandleFunc("/devices/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/devices/")
		switch r.Method {
		case http.MethodPut:
			addr, err := io.ReadAll(io.LimitReader(r.Body, longestAddr))
			if err == nil {
				err = registry.Announce(name, strings.TrimSpace(string(addr)))
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		default:
			addr, ok := registry.Lookup(name)
			if !ok {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintln(w, addr)
		}
	})
	return mux
}
