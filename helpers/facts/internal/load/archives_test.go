package load

// A program of several modules: app uses dep, which lies beside it, and a package of it that has types alone.
const sources1 = `
-- app/go.mod --
module example.com/app

go 1.21

require example.com/Dep.v2 v0.0.0-00010101000000-000000000000
replace example.com/Dep.v2 => ../dep
-- app/main.go --
package main

import (
	"fmt"

	"example.com/Dep.v2"
	"example.com/app/internal/queue"
	"example.com/app/internal/words"
)

var _ words.Word

func main() {
	q := queue.New[string](3)
	q.Put("one")
	fmt.Println(q.Get(), dep.Twice(2), words.Limit, tagged())
	queue.Generated()
	go func() { fmt.Println("literal") }()
}
-- app/tag_on.go --
//go:build special

package main

import "fmt"

func tagged() string { return fmt.Sprint("on") }
-- app/tag_off.go --
//go:build !special

package main

import "fmt"

func tagged() string { return fmt.Sprint("off") }
-- app/internal/queue/queue.go --
package queue

import (
	"sync"

	"example.com/app/internal/words"
)

type Queue[T any] struct {
	mu    sync.Mutex
	ready chan struct{}
	all   []T
	word  words.Word
	pair  pair
}

func New[T any](n int) *Queue[T] {
	return &Queue[T]{ready: make(chan struct{}, n), pair: newPair()}
}

//go:noinline
func (q *Queue[T]) Put(one T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all = append(q.all, one)
	q.ready <- struct{}{}
}

//go:noinline
func (q *Queue[T]) Get() T {
	<-q.ready
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.all[0]
	q.all = q.all[1:]
	return one
}
-- app/internal/queue/pair.go --
package queue

type pair struct{ a, b int }

var first = newPair()

//go:noinline
func newPair() pair { return pair{1, 2} }

func (p pair) sum() int { return p.a + p.b }
-- app/internal/queue/generated.go --
package queue

//line grammar.y:7
//go:noinline
func Generated() int {
	return newPair().sum()
}
-- app/internal/words/words.go --
package words

type Word struct{ Text string }

const Limit = 3
-- app/internal/queue/queue_test.go --
package queue

import "testing"

func TestQueue(t *testing.T) { New[int](1).Put(helper()) }

func helper() int { return 1 }
-- app/internal/queue/outside_test.go --
package queue_test

import (
	"testing"

	"example.com/app/internal/queue"
)

func TestOutside(t *testing.T) { queue.New[string](1).Put("x") }
-- dep/go.mod --
module example.com/Dep.v2

go 1.20
-- dep/dep.go --
package dep

import "example.com/Dep.v2/only"

//go:noinline
func Twice(n int) int { return only.Number(n) * 2 }
-- dep/only/only.go --
package only

type Number = int
-- work/go.work --
go 1.21

use ../app
use ../dep
-- cgo/go.mod --
module example.com/cgo

go 1.21
-- cgo/main.go --
package main

// static int twice(int n) { return 2*n; }
import "C"

import "sync"

type holder struct {
	mu sync.Mutex
	n  C.int
}

var start = C.twice(4)

func main() {
	h := &holder{}
	lock(h)
	call(h)
}

//go:noinline
func lock(h *holder) {
	h.mu.Lock()
	h.mu.Unlock()
}

//go:noinline
func call(h *holder) { h.n = C.twice(start) }
`

// Without modules: what is not in the function table lies beside what is, and vendor folders count on the way up.
const oldSources = `
-- src/example.com/old/main.go --
package main

import (
	"example.com/old/types"
	"example.com/old/vendored"
	"example.com/other/sub"
)

func main() {
	sub.Do(types.Kind(vendored.One()))
}
-- src/example.com/old/types/types.go --
package types

type Kind int
-- src/example.com/old/vendored/vendored.go --
package vendored

import "example.com/lib"

//go:noinline
func One() int { return lib.One() }
-- src/example.com/old/vendor/example.com/lib/lib.go --
package lib

import "example.com/lib/alias"

//go:noinline
func One() alias.Int { return 1 }
-- src/example.com/old/vendor/example.com/lib/alias/alias.go --
package alias

type Int = int
-- src/example.com/other/sub/sub.go --
package sub

import "example.com/old/types"

//go:noinline
func Do(types.Kind) {}
`
