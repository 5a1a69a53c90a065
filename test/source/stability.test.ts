import { expect } from 'chai';
import { functionsAtLine } from '../../lab/source/functions.js';
import { loadGoParser } from '../../lab/source/parser.js';
import { keepsItsChannel } from '../../lab/source/stability.js';

/** Whether the first channel sent to in the function keeps its channel, seen from the line of that send. */
async function keeps(body: string, reassigned: readonly string[] = []): Promise<boolean> {
  const text = `package p\nfunc (s *server) f(c, d chan int) {\n${body}\n}\n`;
  const { rootNode } = (await loadGoParser())(text);
  const fn = functionsAtLine(rootNode, '/p/p.go', 2).at(-1);
  const [send] = rootNode.descendantsOfType(['send_statement']);
  const channel = send?.childForFieldName('channel');
  if (fn === undefined || channel == null || send === undefined) throw new Error('no send');
  const flow = { copied: new Set<string>(), reassigned: new Set(reassigned) };
  return keepsItsChannel(channel, fn, send.startPosition.row + 1, flow);
}

describe('a channel expression', () => {
  it('keeps its channel when it is a parameter or a field of the receiver', async () => {
    expect(await keeps('c <- 1')).to.equal(true);
    expect(await keeps('s.in <- 1')).to.equal(true);
  });

  it('may change when its variable is set again', async () => {
    expect(await keeps('c <- 1\nc = d')).to.equal(false);
    expect(await keeps('var out chan int\nif ready() {\nout = c\n}\nout <- 1')).to.equal(false);
  });

  it('may change when its field is exchanged anywhere', async () => {
    expect(await keeps('s.in <- 1', ['field /p in'])).to.equal(false);
  });

  it('may change when it hangs on the variable of a loop', async () => {
    expect(await keeps('for _, w := range s.workers {\nw.in <- 1\n}')).to.equal(false);
    expect(await keeps('for n := s.head; n != nil; n = n.next {\nn.in <- 1\n}')).to.equal(false);
    expect(await keeps('for {\nw := s.next()\nw.in <- 1\n}')).to.equal(false);
  });

  it('keeps meaning other channels when each round of a loop makes a new one', async () => {
    expect(await keeps('for {\nout := make(chan int)\nout <- 1\n}')).to.equal(true);
  });

  it('may change when it is an element or lies behind several pointers', async () => {
    expect(await keeps('s.all[0] <- 1')).to.equal(false);
    expect(await keeps('s.queue.in <- 1')).to.equal(false);
  });
});
