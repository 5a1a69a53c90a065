//go:build fixed

package main

// convert is the stage in the middle. It ends when there are no more entries, or
// at the first one that makes no sense.
//
// The repair: whichever way it ends, the lines are closed.
func (p *pipeline) convert() {
	defer close(p.lines)
	for entry := range p.entries {
		line, err := lineOf(entry)
		if err != nil {
			p.err = err
			return
		}
		p.lines <- line
	}
}
