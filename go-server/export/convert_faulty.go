//go:build !fixed

package main

// convert is the stage in the middle. It ends when there are no more entries, or
// at the first one that makes no sense.
//
// The fault: in the latter case it leaves the lines open, and whoever ranges over
// them waits for one more.
func (p *pipeline) convert() {
	for entry := range p.entries {
		line, err := lineOf(entry)
		if err != nil {
			p.err = err
			return
		}
		p.lines <- line
	}
	close(p.lines)
}
