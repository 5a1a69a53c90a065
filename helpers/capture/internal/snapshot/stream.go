package snapshot

import (
	"context"
	"errors"
	"io"

	"capture/internal/copying"
	"capture/internal/pages"
)

// Entry receives one file of known size.
type Entry func(name string, size int64) (io.Writer, error)

// ToStream writes a core from its beginning to its end, holes as zeros. The copy is kept in memory, or in a child that
// the process is made to fork: a stream may take long, and the process does not wait for it.
func ToStream(ctx context.Context, request Request, name string, entry Entry) (Taken, error) {
	w, err := begin(ctx, request)
	if err != nil {
		return Taken{}, err
	}
	defer w.end()
	inMemory := w.Way == Read || (w.Way == Auto && w.needed() <= w.Memory)
	if inMemory && w.needed() > w.Memory {
		return Taken{}, ErrNoMemory{Needed: w.needed(), Available: w.Memory}
	}
	if !inMemory {
		err := w.fork(func(ctx context.Context) error { return w.stream(ctx, name, entry, w.reader.View, w.fromProcess) })
		if errors.Is(err, ErrNoFork) && w.Way == Auto {
			err = ErrNoMemory{Needed: w.needed(), Available: w.Memory}
		}
		return w.taken, err
	}
	w.taken.Way = Read
	memory, err := w.readToMemory()
	if err != nil {
		return Taken{}, err
	}
	defer memory.Close()
	return w.taken, w.stream(ctx, name, entry, memory.View, func(ctx context.Context, runs pages.Runs, sink copying.Sink) error {
		return memory.Each(ctx, runs, func(run pages.Run, bytes []byte) error { return sink.Put(run, bytes, false) })
	})
}

type source func(context.Context, pages.Runs, copying.Sink) error

// fromProcess reads by one thread, so that memory comes in order.
func (w *work) fromProcess(ctx context.Context, runs pages.Runs, sink copying.Sink) error {
	w.reader.Workers = 1
	return w.copy(ctx, runs, sink, false)
}

func (w *work) stream(ctx context.Context, name string, entry Entry, view copying.View, from source) error {
	filter, err := w.filter(view, nil)
	if err != nil {
		return err
	}
	header, notes, err := w.head()
	if err != nil {
		return err
	}
	out, err := entry(name, w.taken.Size)
	if err != nil {
		return err
	}
	sink := &ordered{out: out, places: w.layout, filter: filter}
	if err := sink.write(0, header); err != nil {
		return err
	}
	wanted := w.last.wanted()
	for _, extent := range w.layout.ByPlace() {
		if err := from(ctx, wanted.Within(extent.From, extent.To), sink); err != nil {
			return err
		}
	}
	return sink.write(w.layout.End(), notes)
}

// ordered writes what comes in the order of its places, and zeros between.
type ordered struct {
	out    io.Writer
	places copying.Places
	filter copying.Filter
	at     int64
}

func (*ordered) Room(pages.Run) []byte { return nil }

func (o *ordered) Put(run pages.Run, bytes []byte, _ bool) error {
	if o.filter != nil {
		o.filter(run, bytes)
	}
	return o.write(o.places.Place(run.From), bytes)
}

var zeros = make([]byte, 1<<20)

func (o *ordered) write(place int64, bytes []byte) error {
	for o.at < place {
		part := zeros
		if place-o.at < int64(len(part)) {
			part = part[:place-o.at]
		}
		if _, err := o.out.Write(part); err != nil {
			return err
		}
		o.at += int64(len(part))
	}
	_, err := o.out.Write(bytes)
	o.at += int64(len(bytes))
	return err
}
