// Command albums makes small pictures of the albums that people upload.
package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"lab.example/go-server/internal/service"
)

// betweenAlbums is how long it takes until somebody uploads the next one.
const betweenAlbums = 10 * time.Millisecond

func main() {
	var shelved int64
	service.Main(service.Service{
		Handler: routes(&shelved),
		Work:    func(ctx context.Context) { follow(ctx, &shelved) },
	})
}

// follow takes up each album that is uploaded. The first ones have 24, 32 and 40
// pictures, then there is one of 37.
func follow(ctx context.Context, shelved *int64) {
	uploads := time.NewTicker(betweenAlbums)
	defer uploads.Stop()
	for n := 0; ; n++ {
		select {
		case <-uploads.C:
		case <-ctx.Done():
			return
		}
		sizes := [...]int{24, 32, 40, 37}
		shelve(upload(sizes[n%len(sizes)]), shelved)
	}
}

// upload stands for an album of so many pictures, every third of them upright.
func upload(size int) []Picture {
	album := make([]Picture, size)
	for i := range album {
		album[i] = Picture{Width: 4000, Height: 3000}
		if i%3 == 0 {
			album[i] = Picture{Width: 3000, Height: 4000}
		}
	}
	return album
}

func routes(shelved *int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/shelved", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, atomic.LoadInt64(shelved))
	})
	return mux
}
