import { expect } from 'chai';
import { openHeavyQueue } from '../../lab/workshop/heavy.js';

const width = { load: 1, core: 1, work: 2 };

/** Work that goes on until it is told to end. */
function held() {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => ended };
}

describe('the queue for heavy steps', () => {
  const { signal } = new AbortController();

  it('lets one load go on at a time, first come, first served, and tells who waits', async () => {
    const queue = openHeavyQueue(width);
    const order: string[] = [];
    const told: number[] = [];
    const first = held();
    const a = queue.run({ lane: 'load', who: 'a', signal }, first.work);
    const waits = (ahead: number) => told.push(ahead);
    const b = queue.run({ lane: 'load', who: 'b', signal }, async () => order.push('b'));
    const c = queue.run({ lane: 'load', who: 'c', signal, waits }, async () => order.push('c'));
    // Another lane does not wait for it.
    await queue.run({ lane: 'core', who: 'd', signal }, async () => order.push('d'));
    expect(queue.waiting()).to.deep.equal([
      { who: 'b', lane: 'load', ahead: 1 },
      { who: 'c', lane: 'load', ahead: 2 },
    ]);
    first.end();
    await Promise.all([a, b, c]);
    expect(order).to.deep.equal(['d', 'b', 'c']);
    expect(told).to.deep.equal([2, 1]);
    expect(queue.waiting()).to.deep.equal([]);
  });

  it('goes on after work that fails, and without who has left', async () => {
    const queue = openHeavyQueue(width);
    const first = held();
    const leaving = new AbortController();
    const a = queue.run({ lane: 'core', who: 'a', signal }, first.work);
    const b = queue.run({ lane: 'core', who: 'b', signal: leaving.signal }, async () => 'never');
    const c = queue.run({ lane: 'core', who: 'c', signal }, async () => {
      throw new Error('broken');
    });
    const d = queue.run({ lane: 'core', who: 'd', signal }, async () => 'done');
    const failures = Promise.allSettled([b, c]);
    leaving.abort();
    expect(queue.waiting().map(({ who }) => who)).to.deep.equal(['c', 'd']);
    first.end();
    await a;
    expect(await d).to.equal('done');
    expect(
      (await failures).map((one) => one.status === 'rejected' && String(one.reason.message)),
    ).to.deep.equal(['interrupted', 'broken']);
  });
});
