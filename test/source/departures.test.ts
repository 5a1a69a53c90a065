import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import { followContext } from '../../lab/source/contexts.js';
import { departureOf } from '../../lab/source/departures.js';
import { callsOfVariable } from '../../lab/source/function-values.js';
import { programOf } from './go-text.js';

/** How the first receive of the body can be left behind, and the line of the way out. */
async function leaving(body: string): Promise<string> {
  const text = `package p\ntype t struct{}\nfunc (s *t) f(c chan int, d chan int) {\n${body}\n}\n`;
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const channel = opened.program
    .parse(file)
    ?.root.descendantsOfType(['identifier'])
    .find((n) => n.text === 'c');
  if (channel === undefined) throw new Error('no channel');
  const { operations } = followChannel([{ file, node: channel }], opened.program);
  const receive = operations.find(({ kind }) => kind === 'receive');
  const left = receive === undefined ? undefined : departureOf(receive);
  expect(left?.function).to.equal('p.(*t).f');
  return `${left?.how} ${left?.at}`;
}

describe('how a function leaves a receive behind', () => {
  it('is a clock or a context in the same select, before any other case', async () => {
    expect(await leaving('select {\ncase <-c:\ncase <-d:\ncase <-time.After(1):\n}')).to.equal('timeout 7');
    expect(await leaving('select {\ncase <-c:\ncase <-ctx.Done():\n}')).to.equal('context 6');
    expect(await leaving('select {\ncase <-c:\ndefault:\n}')).to.equal('other case 6');
  });

  it('is a return or break of its loop, or a return before it', async () => {
    expect(await leaving('for v := range c {\nif v > 1 {\nreturn\n}\n}')).to.equal('return 6');
    expect(await leaving('for v := range c {\nif v > 1 {\nbreak\n}\n}')).to.equal('return 6');
    expect(await leaving('if len(c) > 9 {\nreturn\n}\n<-c')).to.equal('return 5');
  });

  it('is not what leaves something inside of it', async () => {
    expect(await leaving('for v := range c {\nswitch v {\ncase 1:\nbreak\n}\n}')).to.equal('end 4');
    expect(await leaving('for range c {\n_ = func() int { return 1 }\n}')).to.equal('end 4');
  });

  it('is its only value', async () => {
    expect(await leaving('println(<-c)\nreturn')).to.equal('once 4');
    expect(await leaving('return <-c')).to.equal('once 4');
  });
});

/** The contexts behind the operand of the first `.Done()`. */
async function contexts(text: string) {
  await using opened = await programOf({ 'a.go': `package p\nimport "context"\n${text}` });
  const file = opened.path('a.go');
  const selector = opened.program
    .parse(file)
    ?.root.descendantsOfType(['selector_expression'])
    .find((node) => node.childForFieldName('field')?.text === 'Done');
  const operand = selector?.childForFieldName('operand');
  if (operand == null) throw new Error('nothing waits');
  const found = followContext(operand, file, opened.program);
  return {
    made: found.contexts.map(({ line, cancel }) => `${line} ${cancel?.text ?? 'discarded'}`),
    others: found.others.map((other) => other.text),
    calls: found.contexts.map(({ cancel }) => {
      const calls = cancel === undefined ? undefined : callsOfVariable(cancel, file, opened.program);
      return calls?.kind === 'calls' ? calls.calls.length : calls?.kind;
    }),
  };
}

describe('following a context back', () => {
  it('leads through parameters, fields and values to where it was made', async () => {
    expect(
      await contexts(`type s struct { ctx context.Context; stop func() }
func (x *s) wait() { <-x.ctx.Done() }
func run(parent context.Context) *s {
	x := &s{}
	x.ctx, x.stop = context.WithCancel(context.WithValue(parent, 1, 2))
	return x
}
func main() {
	ctx, _ := context.WithCancel(context.Background())
	run(ctx).stop()
}
func (x *s) end() { x.stop() }
`),
    ).to.deep.equal({ made: ['7 x.stop', '11 discarded'], others: [], calls: [2, undefined] });
  });

  it('ends at clocks and at what it does not know', async () => {
    const { others } = await contexts(`func wait(ctx context.Context) { <-ctx.Done() }
func clock() { ctx, _ := context.WithTimeout(context.Background(), 1); wait(ctx) }
func foreign(r *Request) { wait(r.Context()) }
`);
    expect(others).to.deep.equal(['context.WithTimeout(context.Background(), 1)', 'r.Context()']);
  });

  it('loses a cancel function that goes into a library or a map', async () => {
    const { calls } = await contexts(`var all = map[int]func(){}
func run() {
	ctx, cancel := context.WithCancel(context.Background())
	all[1] = cancel
	<-ctx.Done()
}
`);
    expect(calls).to.deep.equal(['lost']);
  });
});
