import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import { gatesOf, isThrough } from '../../lab/source/gates.js';
import { lineOf } from '../../lab/source/parser.js';
import { routesTo } from '../../lab/source/routes.js';
import { programOf } from './go-text.js';

/** The ways into the receives from `sem`, and in which lines an activation that is on its way is not through yet. */
async function routesIn(text: string) {
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const sends = opened.program.parse(file)?.root.descendantsOfType(['send_statement']) ?? [];
  const channel = sends
    .flatMap((send) => send.childForFieldName('channel') ?? [])
    .find((node) => /\bsem$/.test(node.text));
  if (channel === undefined) throw new Error('the text sends nothing on sem');
  const flow = followChannel([{ file, node: channel }], opened.program);
  return flow.operations
    .filter(({ kind }) => kind === 'receive')
    .flatMap((operation) =>
      routesTo(operation, flow.copied, opened.program, gatesOf(operation, flow, opened.program)),
    )
    .map((route) => {
      if (route.kind === 'open') return 'open';
      const { gate, within } = route;
      if (gate === undefined) return `through ${within.name}`;
      const last = lineOf(route.site);
      const waits = [...Array(last).keys()].filter((line) => line >= within.line && !isThrough(gate, line));
      return `behind ${gate.nodes.map(({ text }) => text).join(', ')} in ${within.name}, not from ${waits}`;
    });
}

const head = `package p
import "net/http"
var sem = make(chan struct{}, 4)
func work() {}
func main() { http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { handle(r) }) }
`;

describe('what an activation has to get through first', () => {
  it('is the send of a semaphore, itself or in a function that is called', async () => {
    const gated = await routesIn(`${head}
func acquire() { sem <- struct{}{} }
func release() { <-sem }
func handle(r *http.Request) {
	work()
	acquire()
	defer release()
	work()
}
`);
    expect(gated).to.deep.equal(['behind acquire() in handle, not from 9,10,11']);
    const direct = await routesIn(`${head}
func handle(r *http.Request) {
	sem <- struct{}{}
	go func() {
		defer func() { <-sem }()
		work()
	}()
}
`);
    expect(direct).to.include('behind sem <- struct{}{} in handle, not from 7,8').and.not.to.include('open');
    const inOne = await routesIn(`${head}
func handle(r *http.Request) {
	sem <- struct{}{}
	work()
	<-sem
}
`);
    expect(inOne).to.deep.equal([]);
  });

  it('may be a method of a pool, a case of a select, a branch', async () => {
    const pool = await routesIn(`${head}
type pool struct{ sem chan struct{} }
func (p *pool) get() { p.sem <- struct{}{} }
func (p *pool) put() { <-p.sem }
var common = &pool{sem: make(chan struct{}, 4)}
func handle(r *http.Request) { use(common) }
func use(p *pool) {
	p.get()
	defer p.put()
	work()
}
`);
    expect(pool).to.deep.equal(['behind p.get() in use, not from 12,13']);
    const select = await routesIn(`${head}
func handle(r *http.Request) {
	select {
	case sem <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	work()
	<-sem
}
`);
    expect(select).to.deep.equal([]);
    const branch = await routesIn(`${head}
func release() { <-sem }
func handle(r *http.Request) {
	if r == nil {
		sem <- struct{}{}
	} else {
		sem <- struct{}{}
		work()
	}
	release()
}
`);
    expect(branch).to.deep.equal([
      'behind sem <- struct{}{}, sem <- struct{}{} in handle, not from 8,9,10,12',
    ]);
  });

  it('is nothing that some path goes around', async () => {
    const acquire = 'func acquire() { sem <- struct{}{} }\nfunc release() { <-sem }';
    for (const [name, text] of Object.entries({
      'a condition': `${acquire}
func handle(r *http.Request) {
	if r != nil {
		acquire()
	}
	release()
}`,
      'an early return of the function that acquires': `
func acquire() {
	if len(sem) == 0 {
		return
	}
	sem <- struct{}{}
}
func release() { <-sem }
func handle(r *http.Request) { acquire(); release() }`,
      'a select that does not wait': `${acquire}
func handle(r *http.Request) {
	select {
	case sem <- struct{}{}:
	default:
	}
	release()
}`,
      'another goroutine': `${acquire}
func handle(r *http.Request) {
	go acquire()
	release()
}`,
      'a loop': `${acquire}
func handle(r *http.Request) {
	for range r.Header {
		acquire()
	}
	release()
}`,
      'what is evaluated only now and then': `${acquire}
func try() bool { acquire(); return true }
func handle(r *http.Request) {
	_ = r != nil && try()
	release()
}`,
      'the wrong order': `${acquire}
func handle(r *http.Request) {
	defer release()
	acquire()
}`,
      'a literal that may not be called': `${acquire}
func handle(r *http.Request) {
	f := func() { acquire() }
	_ = f
	release()
}`,
      'a jump': `${acquire}
func handle(r *http.Request) {
	if r == nil {
		goto out
	}
	acquire()
out:
	release()
}`,
    })) {
      expect(await routesIn(`${head}${text}\n`), name).to.include('open');
    }
  });

  it('is no gate of another channel of the same name', async () => {
    const pools = (use: string) => `${head}
type pool struct{ sem chan struct{} }
func (p *pool) get() { p.sem <- struct{}{} }
func (p *pool) put() { <-p.sem }
var first, second = &pool{}, &pool{}
${use}
`;
    for (const use of [
      'func handle(r *http.Request) { both(first, second) }\nfunc both(a, b *pool) {\n\ta.get()\n\tb.put()\n}',
      'func handle(r *http.Request) {\n\tp := first\n\tp.get()\n\tp = second\n\tp.put()\n}',
      'func handle(r *http.Request) { last(first) }\nfunc last(p *pool) {\n\tp.get()\n\tp.sem = second.sem\n\tp.put()\n}',
    ]) {
      expect(await routesIn(pools(use)), use).to.include('open');
    }
  });

  it('is nothing for those who release for others', async () => {
    const routes = await routesIn(`${head}
var done = make(chan int)
func handle(r *http.Request) {
	sem <- struct{}{}
	done <- 1
}
func collect() {
	for range done {
		<-sem
	}
}
func start() { go collect() }
func init() { start() }
`);
    expect(routes).to.include('through start');
  });
});
