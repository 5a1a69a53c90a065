import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { poll, withDeadline } from '../lab/deadline.js';

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
};

describe('a signal with a deadline', () => {
  it('aborts with a TimeoutError, although the garbage was collected before', async () => {
    const aborted = new Promise<unknown>((resolve) => {
      const signal = withDeadline(new AbortController().signal, 100);
      signal.addEventListener('abort', () => resolve(signal.reason));
    });
    setTimeout(collectGarbage, 20);
    const reason = await Promise.race([aborted, new Promise((r) => setTimeout(r, 2_000, 'late'))]);
    expect(reason).to.be.instanceOf(DOMException).with.property('name', 'TimeoutError');
  });

  it("aborts with the caller's reason when that comes first", () => {
    const caller = new AbortController();
    const signal = withDeadline(caller.signal, 60_000);
    caller.abort('enough');
    expect(signal.reason).to.equal('enough');
  });
});

describe('looking until something is seen', () => {
  it('lets files be read between looks that take longer than the pauses', async () => {
    let isRead = false;
    let looks = 0;
    const look = (): true | undefined => {
      const end = performance.now() + 5;
      while (performance.now() < end);
      looks += 1;
      return isRead ? true : undefined;
    };
    const options = { signal: new AbortController().signal, deadlineMs: 2_000, everyMs: 1 };
    const looking = [1, 2, 3, 4].map(() => poll(look, options));
    void readFile(new URL(import.meta.url)).then(() => {
      isRead = true;
    });
    expect(await Promise.all(looking)).to.deep.equal([true, true, true, true]);
    // Where nothing is read, they look until time is over.
    expect(looks).to.be.below(200);
  });
});
