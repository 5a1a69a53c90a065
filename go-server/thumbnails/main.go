// Command thumbnails makes small pictures of large ones, batch by batch, and tells
// how far it has come.
package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"lab.example/go-server/internal/service"
)

// restBetween is how long the job rests after each batch.
const restBetween = 20 * time.Millisecond

func main() {
	job := NewJob()
	work := func(ctx context.Context) {
		for n := 1; ctx.Err() == nil; n++ {
			job.Run(batch(n))
			time.Sleep(restBetween)
		}
	}
	service.Main(service.Service{Handler: routes(job), Work: work})
}

func routes(job *Job) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/progress", func(w http.ResponseWriter, _ *http.Request) {
		batches, pictures := job.Done()
		fmt.Fprintf(w, "%d batches, %d pictures\n", batches, pictures)
	})
	return mux
}

// side is the length of a picture's sides, in pixels.
const side = 64

// batch returns the pictures that came in since the batch before. In every fifth
// batch the last one is damaged: its upload broke off.
func batch(n int) []Picture {
	pictures := make([]Picture, 8)
	for i := range pictures {
		pictures[i] = make(Picture, side*side)
		for at := range pictures[i] {
			pictures[i][at] = byte(n + i*at)
		}
	}
	if last := len(pictures) - 1; n%5 == 0 {
		pictures[last] = pictures[last][:side]
	}
	return pictures
}
