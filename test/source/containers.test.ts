import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import { programOf } from './go-text.js';

/** Follows the channel of the first send in the text. */
async function follow(text: string) {
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const send = opened.program.parse(file)?.root.descendantsOfType(['send_statement'])[0];
  const channel = send?.childForFieldName('channel');
  if (channel == null) throw new Error('the text sends nothing');
  const flow = followChannel([{ file, node: channel }], opened.program);
  return {
    operations: flow.operations.map(({ kind, line }) => `${kind} ${line}`).sort(),
    escapes: flow.escapes.map(({ text: what }) => what),
  };
}

describe('channels in maps and slices', () => {
  it('come out where they are looked up, checked and ranged over', async () => {
    const { operations, escapes } = await follow(`package p
type client struct{ waiting map[int]chan int }
func dial() *client { return &client{waiting: make(map[int]chan int)} }
func (c *client) ask(n int) int {
	answer := make(chan int, 1)
	c.waiting[n] = answer
	return <-answer
}
func (c *client) read(n int) {
	c.waiting[n] <- 1
	if answer, ok := c.waiting[n]; ok {
		answer <- 2
	}
	delete(c.waiting, n)
}
func (c *client) giveUp() {
	for _, answer := range c.waiting {
		close(answer)
	}
	clear(c.waiting)
	println(len(c.waiting), c.waiting == nil)
}
`);
    expect(escapes).to.deep.equal([]);
    expect(operations).to.deep.equal(['close 18', 'receive 7', 'send 10', 'send 12']);
  });

  it('come out of slices that are appended to, cut, copied to a variable and passed on', async () => {
    const { operations, escapes } = await follow(`package p
type topic struct{ subs []chan int }
func (t *topic) add() {
	c := make(chan int)
	t.subs = append(t.subs, c)
	<-c
}
func (t *topic) remove(i int) { t.subs = append(t.subs[:i], t.subs[i+1:]...) }
func (t *topic) publish() {
	subs := t.subs
	all(subs[1:])
}
func all(subs []chan int) {
	for i := range subs {
		subs[i] <- 1
	}
}
func two(a, b chan int) *topic { return &topic{subs: []chan int{a, b}} }
func use() {
	a := make(chan int)
	two(a, nil)
	close(a)
}
`);
    expect(escapes).to.deep.equal([]);
    expect(operations).to.deep.equal(['close 22', 'receive 6', 'send 15']);
  });

  it('are lost where the map or slice goes out of sight', async () => {
    for (const [use, lost] of [
      ['sort.Slice(t.subs, nil)', '(t.subs, nil)'],
      ['shared = &t.subs', '&t.subs'],
      ['registry.Store("x", t.subs)', '("x", t.subs)'],
      ['_ = []any{t.subs}', 't.subs'],
      ['box.list <- t.subs', 'box.list <- t.subs'],
    ]) {
      const { escapes } = await follow(`package p
import "sort"
var registry sync.Map
type topic struct{ subs []chan int }
func (t *topic) send(i int) { t.subs[i] <- 1 }
func (t *topic) use() { ${use} }
`);
      expect(escapes, use).to.deep.equal([lost]);
    }
  });

  it('are lost as keys of a map, and in a map of maps', async () => {
    const keys = await follow(`package p
func f(set map[chan int]bool) {
	c := make(chan int)
	set[c] = true
	c <- 1
}
`);
    expect(keys.escapes).to.deep.equal(['set[c]']);
    const nested = await follow(`package p
func f(topics map[string]map[int]chan int) {
	c := make(chan int)
	topics["a"][1] = c
	c <- 1
}
`);
    expect(nested.escapes).to.have.length(1);
  });

  it('are lost in a map literal whose keys look like fields', async () => {
    const { operations, escapes } = await follow(`package p
func f(name string) {
	c := make(chan int)
	serve(map[string]any{name: c})
	c <- 1
}
func serve(m map[string]any) { <-(m["a"].(chan int)) }
`);
    expect(operations).to.deep.equal(['send 5']);
    expect(escapes).to.have.length.greaterThan(0);
  });
});

describe('a channel among several results', () => {
  it('is followed by its position, forwards and backwards', async () => {
    const { operations, escapes } = await follow(`package p
func open() (int, chan int, error) {
	c := make(chan int)
	return 1, c, nil
}
func reopen() (int, chan int, error) { return open() }
func one() {
	_, c, err := open()
	c <- 1
	println(err)
}
func two() {
	var n, c, _ = reopen()
	<-c
	println(n)
}
func named() (ok bool, c chan int) {
	_, c, _ = open()
	return
}
func three() {
	if _, c := named(); c != nil {
		close(c)
	}
	open()
}
`);
    expect(escapes).to.deep.equal([]);
    expect(operations).to.deep.equal(['close 23', 'receive 14', 'send 9']);
  });

  it('is lost where all results go on as arguments', async () => {
    const { escapes } = await follow(`package p
func open() (chan int, error) {
	c := make(chan int)
	c <- 1
	return c, nil
}
func main() { use(open()) }
func use(c chan int, err error) { <-c }
`);
    expect(escapes).to.have.length(1);
  });
});
