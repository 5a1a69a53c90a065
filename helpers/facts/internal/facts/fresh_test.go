package facts

import "testing"

func TestACapturedParameterIsWhatWasPassed(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func start(c chan int) {
	go func() { c <- 1 }() // put
}
func (x *s) run() { start(x.c) } // run
func main() { x := &s{make(chan int)}; x.run(); <-x.c }`)
	p.has("ways", p.ways("put"), "in run")
}

func TestACapturedVariableIsWhatItWasSetTo(t *testing.T) {
	p := program(t, `
type s struct{ c chan int }
func (x *s) start() {
	c := x.c
	var d chan int
	if len(c) > 0 { d = c }
	go func() { c <- 1 }() // once
	go func() { d <- 1 }() // twice
}
func (x *s) run() { x.start() } // run
func main() { x := &s{make(chan int)}; x.run(); <-x.c }`)
	p.has("ways", p.ways("once"), "in run")
	p.has("ways", p.ways("twice"), "in run")
}
