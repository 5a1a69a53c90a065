package main

import (
	"bytes"
	"fmt"
	"log"
	"strconv"
	"strings"
	"sync/atomic"
)

// Exporter writes a file for each month of the ledger.
type Exporter struct {
	ledger [][]Entry
	// Counted in the background, read by handlers.
	files, failed int64
}

// Progress tells how many files were written, and how many given up.
func (e *Exporter) Progress() (files, failed int64) {
	return atomic.LoadInt64(&e.files), atomic.LoadInt64(&e.failed)
}

// pipeline is what one file goes through: entries are read, their amounts are
// converted to cents, and the lines are written. Each stage runs in a goroutine
// of its own; done is closed when the pipeline is to end early.
type pipeline struct {
	entries chan Entry
	lines   chan string
	done    chan struct{}
	err     error
}

// export takes one month through a pipeline.
func (e *Exporter) export(month int) {
	p := &pipeline{
		entries: make(chan Entry, 16),
		lines:   make(chan string, 16),
		done:    make(chan struct{}),
	}
	defer close(p.done)
	go p.read(e.ledger[month])
	go p.convert()

	var file bytes.Buffer
	p.write(&file)
	if p.err != nil {
		log.Printf("month %d: %v", month+1, p.err)
		atomic.AddInt64(&e.failed, 1)
		return
	}
	atomic.AddInt64(&e.files, 1)
}

// read is the first stage.
func (p *pipeline) read(ledger []Entry) {
	defer close(p.entries)
	for _, entry := range ledger {
		select {
		case p.entries <- entry:
		case <-p.done:
			return
		}
	}
}

// write is the last stage: it ends when there are no more lines.
func (p *pipeline) write(file *bytes.Buffer) {
	for line := range p.lines {
		file.WriteString(line)
	}
}

// lineOf is an entry as the bookkeeper wants it: number and cents.
func lineOf(entry Entry) (string, error) {
	whole, fraction, _ := strings.Cut(entry.Amount, ".")
	cents, err := strconv.Atoi(whole + fraction)
	if err != nil {
		return "", fmt.Errorf("entry %d: %w", entry.Number, err)
	}
	return fmt.Sprintf("%d;%d\n", entry.Number, cents), nil
}
