import { expect } from 'chai';
import { schedule } from '../../lab/regress/scheduler.js';
import { rejectsWith } from '../rejects.js';

/** Tasks that note when they begin and end, and last some turns of the event loop. */
function recorder(): {
  readonly log: string[];
  readonly most: () => number;
  run(task: string): Promise<void>;
} {
  const log: string[] = [];
  let [now, most] = [0, 0];
  return {
    log,
    most: () => most,
    async run(task) {
      now += 1;
      most = Math.max(most, now);
      log.push(`+${task}`);
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      log.push(`-${task}`);
      now -= 1;
    },
  };
}

const { signal } = new AbortController();

describe('the scheduler of a regression', () => {
  it('runs every task once, in order, as many at once as there are jobs', async () => {
    const seen = recorder();
    const tasks = ['a', 'b', 'c', 'd', 'e'];
    await schedule(tasks, { jobs: 2, alone: () => false }, seen.run, signal);
    expect(seen.log.filter((entry) => entry.startsWith('+'))).to.deep.equal(tasks.map((task) => `+${task}`));
    expect(seen.most()).to.equal(2);
  });

  it('gives the machine to those that need it alone', async () => {
    const seen = recorder();
    const alone = (task: string): boolean => task === task.toUpperCase();
    await schedule(['a', 'B', 'c', 'D'], { jobs: 4, alone }, seen.run, signal);
    expect(seen.log.slice(0, 4)).to.deep.equal(['+B', '-B', '+D', '-D']);
    expect(seen.log).to.have.length(8);
  });

  it('ends the others when one throws, begins no more, and throws that error', async () => {
    const begun: string[] = [];
    const work = schedule(
      ['bad', 'long', 'never'],
      { jobs: 2, alone: () => false },
      async (task, both) => {
        begun.push(task);
        if (task === 'bad') throw new Error('it broke');
        await new Promise((_, reject) => both.addEventListener('abort', () => reject(new Error('ended'))));
      },
      signal,
    );
    expect(await work.catch(String)).to.equal('Error: it broke');
    expect(begun).to.deep.equal(['bad', 'long']);
  });

  it('is interrupted by its caller', async () => {
    const caller = new AbortController();
    const work = schedule(
      ['a', 'b'],
      { jobs: 1, alone: () => false },
      async () => caller.abort(),
      caller.signal,
    );
    await rejectsWith('interrupted', work);
  });
});
