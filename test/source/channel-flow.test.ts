import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import type { Node } from '../../lab/source/parser.js';
import { routesTo } from '../../lab/source/routes.js';
import { programOf } from './go-text.js';

/** Follows the channel of the first send in the text. */
async function follow(text: string) {
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const send = opened.program.parse(file)?.root.descendantsOfType(['send_statement'])[0];
  const channel: Node | null | undefined = send?.childForFieldName('channel');
  if (channel == null) throw new Error('the text sends nothing');
  const flow = followChannel([{ file, node: channel }], opened.program);
  const routes = flow.operations
    .filter(({ kind }) => kind === 'receive')
    .flatMap((operation) => routesTo(operation, flow.copied, opened.program));
  return {
    operations: flow.operations.map(({ kind, line }) => `${kind} ${line}`).sort(),
    escapes: flow.escapes.map(({ text: what }) => what),
    routes: routes.map((route) => (route.kind === 'open' ? 'open' : `through ${route.within.name}`)),
  };
}

const queue = `package p
type Q struct{ in chan int; other string }
func New() *Q {
	q := &Q{in: make(chan int, 1)}
	go q.run()
	return q
}
func (q *Q) Put(v int) { q.in <- v }
func (q *Q) run() {
	for range q.in {
	}
}
`;

describe('following a channel through the sources', () => {
  it('finds every operation on a field, and that nothing escapes', async () => {
    const { operations, escapes } = await follow(queue);
    expect(operations).to.deep.equal(['receive 10', 'send 8']);
    expect(escapes).to.deep.equal([]);
  });

  it('sees that a constructor starts the consumer of a new channel only', async () => {
    expect((await follow(queue)).routes).to.deep.equal(['through New']);
  });

  it('follows a channel into parameters and back to the arguments of every call', async () => {
    const { operations, escapes } = await follow(`package p
func main() {
	c := make(chan int)
	go feed(c)
	drain(c)
}
func feed(out chan<- int) { out <- 1 }
func drain(in <-chan int) { <-in }
`);
    expect(operations).to.deep.equal(['receive 8', 'send 7']);
    expect(escapes).to.deep.equal([]);
  });

  it('follows assignments, struct literals and results', async () => {
    const { operations, escapes } = await follow(`package p
type S struct{ c chan int }
func open() chan int {
	c := make(chan int)
	return c
}
func main() {
	d := open()
	s := S{c: d}
	go func() { s.c <- 1 }()
	select {
	case v, ok := <-d:
		println(v, ok)
	}
	close(s.c)
}
`);
    expect(operations).to.deep.equal(['close 15', 'receive 12', 'send 10']);
    expect(escapes).to.deep.equal([]);
  });

  it('reports a channel that goes into an interface, an unknown function or another channel as escaped', async () => {
    const { escapes } = await follow(`package p
import "os/signal"
func main() {
	c := make(chan int)
	m := map[string]any{}
	m["a"] = any(c)
	signal.Notify(c)
	c <- 1
}
`);
    expect(escapes).to.have.length(2);
  });

  it('does not confuse a variable with another of the same name', async () => {
    const { operations } = await follow(`package p
func main() {
	c := make(chan int)
	c <- 1
	{
		c := make(chan int)
		<-c
	}
}
func other(c chan int) { <-c }
`);
    expect(operations).to.deep.equal(['send 4']);
  });

  it('does not confuse fields of two types', async () => {
    const { operations } = await follow(`package p
type A struct{ c chan int }
type B struct{ c chan int }
func (a *A) send() { a.c <- 1 }
func (b *B) recv() { <-b.c }
`);
    expect(operations).to.deep.equal(['send 4']);
  });

  it('keeps a method open that is used as a value', async () => {
    const { routes } = await follow(`${queue}
var hooks []func()
func register(f func()) { hooks = append(hooks, f) }
func setUp(q *Q) { register(q.run) }
`);
    expect(routes).to.include('open');
  });

  it('follows a function value through a parameter and a channel to those who call it', async () => {
    const { routes } = await follow(`${queue}
var tasks = make(chan func())
func submit(f func()) { tasks <- f }
func setUp(q *Q) { submit(q.run) }
func work() { for task := range tasks { task() } }
`);
    expect(routes).to.include.members(['through setUp', 'through work']).and.not.to.include('open');
  });

  it('does not take the queue of a new worker for new when it is an older one', async () => {
    const workers = (jobs: string) => `${queue}
type worker struct{ jobs chan func() }
func (w *worker) work() { for job := range w.jobs { job() } }
func submit(w *worker, q *Q) { w.jobs <- q.run }
func hire(shared chan func()) { w := &worker{jobs: ${jobs}}; go w.work() }
func any() { hire(nil) }
`;
    expect((await follow(workers('make(chan func())'))).routes).not.to.include('through any');
    expect((await follow(workers('shared'))).routes).to.include('through any');
  });

  it('takes no object for new that carries an older one, or was filled from one', async () => {
    const holder = 'type holder struct{ *Q }\nfunc embed(q *Q) { h := &holder{Q: q}; h.run() }';
    expect((await follow(`${queue}${holder}\nfunc any(q *Q) { embed(q) }`)).routes).to.include('through any');
    const copy = 'func clone(q *Q) { c := &Q{}; *c = *q; c.run() }';
    expect((await follow(`${queue}${copy}\nfunc any(q *Q) { clone(q) }`)).routes).to.include('through any');
  });

  it('keeps two variables of one function apart, of which one is new each time', async () => {
    const { routes } = await follow(`${queue}
func register(f func()) {}
var hooks []func()
func setUp() {
	q := &Q{in: make(chan int)}
	hooks = append(hooks, func() {
		own := &Q{in: make(chan int)}
		own.run()
		q.run()
	})
}
`);
    expect(routes).to.include('open');
  });

  it('does not take an object for new whose channel came from elsewhere', async () => {
    const { routes } = await follow(`package p
type Q struct{ in chan int }
func Wrap(c chan int) {
	q := &Q{in: c}
	go q.run()
}
func (q *Q) put() { q.in <- 1 }
func (q *Q) run() { <-q.in }
func Any(c chan int) { Wrap(c) }
`);
    expect(routes).to.include('through Any');
  });
});
