import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goBuild, programsFolder } from './go-build.js';

/** Kinds of workers, each with types and functions of its own. */
const kinds = 300;
/** Goroutines of each kind. */
const each = 10;

const main = `package main

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"
)

type gate struct {
	mu     sync.Mutex
	passed int
}

func (g *gate) pass() {
	for {
		g.mu.Lock()
		g.passed++
		g.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.NotFoundHandler())
	hub := newHub()
	hub.startAll()
	for runtime.NumGoroutine() < ${kinds * each} {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready", runtime.NumGoroutine())
	g := &gate{}
	go g.pass()
	for {
		g.mu.Lock()
		time.Sleep(20 * time.Millisecond)
		hub.round()
		g.mu.Unlock()
	}
}
`;

const kindOf = (k: number) => `
type task${k} struct {
	number int
	name   string
	done   chan int
}

type worker${k} struct {
	mu    sync.Mutex
	tasks chan task${k}
	quit  chan struct{}
	count int
}

func newWorker${k}() *worker${k} {
	return &worker${k}{tasks: make(chan task${k}), quit: make(chan struct{})}
}

func (w *worker${k}) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count += n
}

func (w *worker${k}) run() {
	for {
		select {
		case t := <-w.tasks:
			w.add(t.number)
			t.done <- t.number
		case <-w.quit:
			return
		}
	}
}

func (w *worker${k}) ask(n int) int {
	t := task${k}{number: n, name: fmt.Sprint("task", n), done: make(chan int, 1)}
	w.tasks <- t
	return <-t.done
}

func (w *worker${k}) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.quit)
}
`;

function generated(): string {
  const all = Array.from({ length: kinds }, (_, k) => k);
  return `package main

import (
	"fmt"
	"sync"
)

type hub struct {
${all.map((k) => `\tw${k} *worker${k}`).join('\n')}
}

func newHub() *hub {
	return &hub{
${all.map((k) => `\t\tw${k}: newWorker${k}(),`).join('\n')}
	}
}

func (h *hub) startAll() {
	for i := 0; i < ${each}; i++ {
${all.map((k) => `\t\tgo h.w${k}.run()`).join('\n')}
	}
}

func (h *hub) round() {
${all.map((k) => `\th.w${k}.ask(${k})`).join('\n')}
}
${all.map(kindOf).join('')}`;
}

/**
 * Builds a program that takes a while to analyse and is healthy: some ten thousand lines, and thousands of goroutines
 * that wait for work in hundreds of places, and one for a lock that another holds for a while.
 */
export async function buildLarge(go: string, exe: string): Promise<void> {
  const text = generated();
  const name = `large-${createHash('sha256').update(main).update(text).digest('hex').slice(0, 16)}`;
  const module = join(programsFolder, name);
  await mkdir(module, { recursive: true });
  await writeFile(join(module, 'go.mod'), 'module example.com/large\n\ngo 1.19\n');
  await writeFile(join(module, 'main.go'), main);
  await writeFile(join(module, 'generated.go'), text);
  await goBuild({ go, module, exe });
}
