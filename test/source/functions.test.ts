import { expect } from 'chai';
import { functionsAtLine, stillAhead } from '../../lab/source/functions.js';
import { loadGoParser } from '../../lab/source/parser.js';

/** Which of the receives of the first function can still run from a line. */
async function ahead(body: string, line: number): Promise<number[]> {
  const { rootNode } = (await loadGoParser())(`package p\nfunc f(c, d chan int) {\n${body}\n}\n`);
  const fn = functionsAtLine(rootNode, 'p.go', 2).at(-1);
  if (fn === undefined) throw new Error('no function');
  return fn.node
    .descendantsOfType(['unary_expression', 'range_clause'])
    .filter((node) => stillAhead(fn, node, line))
    .map((node) => node.startPosition.row + 1);
}

describe('what can still run from where a frame stands', () => {
  it('is what follows in straight code', async () => {
    expect(await ahead('<-c\nwork()\n<-d', 4)).to.deep.equal([5]);
  });

  it('is everything in a loop around both places', async () => {
    expect(await ahead('for {\n<-c\nwork()\n}', 5)).to.deep.equal([4]);
  });

  it('is the receive of the range loop in whose body it stands', async () => {
    expect(await ahead('for v := range c {\nwork(v)\n}', 4)).to.deep.equal([3]);
  });

  it('is not a loop that lies behind', async () => {
    expect(await ahead('for range c {\n}\nwork()', 5)).to.deep.equal([]);
  });

  it('is not what runs once before the loop', async () => {
    expect(await ahead('for v := <-c; v > 0; v-- {\nwork(v)\n}', 4)).to.deep.equal([]);
  });

  it('is deferred code, wherever it was written', async () => {
    expect(await ahead('defer func() { <-c }()\nwork()', 4)).to.deep.equal([3]);
  });
});
