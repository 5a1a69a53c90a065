// Command bulletin is a board of notices, with a stream for those who want each of
// them at once.
package main

import (
	"fmt"
	"io"
	"net/http"

	"lab.example/go-server/internal/service"
)

// longestNotice is what is read of one.
const longestNotice = 1 << 10

func main() {
	board := NewBoard()
	service.Main(service.Service{Handler: routes(board)})
}

func routes(board *Board) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/notices", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			text, err := io.ReadAll(io.LimitReader(r.Body, longestNotice))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			board.Post(string(text))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintln(w, board.Count())
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		flusher := w.(http.Flusher)
		board.Follow(r.Context().Done(), func(text string) {
			fmt.Fprintln(w, text)
			flusher.Flush()
		})
	})
	return mux
}
