package main

import "sync/atomic"

// flushAt is how many thumbnails go to the shelf at once.
const flushAt = 8

// Picture is one to be made small.
type Picture struct {
	Width, Height int
}

// Thumbnail is what came of it.
type Thumbnail = Picture

// longestSide of a thumbnail.
const longestSide = 160

func shrink(p Picture) Thumbnail {
	longest := p.Width
	if p.Height > longest {
		longest = p.Height
	}
	return Thumbnail{Width: p.Width * longestSide / longest, Height: p.Height * longestSide / longest}
}

// delivery is a number of thumbnails on their way to the shelf.
type delivery struct {
	thumbnails []Thumbnail
	stored     chan<- struct{} // closed when they are there
}

// shelve makes the thumbnails of one album. One goroutine makes them small, another
// one puts them on the shelf and says when the album is complete.
func shelve(album []Picture, shelved *int64) {
	queue := &Queue[int]{} // of places in the album
	queue.filled.L = &queue.mu
	for place := range album {
		queue.push(place)
	}
	deliveries := make(chan delivery)
	go func() {
		for missing := len(album); missing > 0; {
			d := <-deliveries
			atomic.AddInt64(shelved, int64(len(d.thumbnails)))
			missing -= len(d.thumbnails)
			if missing == 0 {
				queue.finish()
			}
			close(d.stored)
		}
	}()
	work(album, queue, deliveries)
}

// work makes thumbnails of an album until there are no more pictures.
func work(album []Picture, queue *Queue[int], deliveries chan<- delivery) {
	var made []Thumbnail
	flush := func() {
		if len(made) == 0 {
			return
		}
		stored := make(chan struct{})
		deliveries <- delivery{thumbnails: made, stored: stored}
		<-stored
		made = nil
	}
	for {
		place, ok := queue.next(flush)
		if !ok {
			return
		}
		made = append(made, shrink(album[place]))
		if len(made) == flushAt {
			flush()
		}
	}
}
