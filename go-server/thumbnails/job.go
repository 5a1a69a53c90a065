package main

import (
	"errors"
	"sync/atomic"
)

// Picture holds the grey values of a square of side times side pixels.
type Picture []byte

// Job makes thumbnails.
type Job struct {
	batches  int64
	pictures int64
}

// NewJob returns a job that has done nothing yet.
func NewJob() *Job {
	return &Job{}
}

// Done tells how many batches have been finished, and how many pictures were made.
func (j *Job) Done() (batches, pictures int64) {
	return atomic.LoadInt64(&j.batches), atomic.LoadInt64(&j.pictures)
}

var errCutOff = errors.New("the picture is cut off")

// shrink returns a picture of half the size.
func shrink(picture Picture) (Picture, error) {
	if len(picture) != side*side {
		return nil, errCutOff
	}
	small := make(Picture, 0, side*side/4)
	for y := 0; y < side; y += 2 {
		for x := 0; x < side; x += 2 {
			at := y*side + x
			sum := int(picture[at]) + int(picture[at+1]) + int(picture[at+side]) + int(picture[at+side+1])
			small = append(small, byte(sum/4))
		}
	}
	return small, nil
}
