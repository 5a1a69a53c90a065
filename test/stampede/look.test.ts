import { expect } from 'chai';
import { countHeads, lookAtCount, lookAtProcess } from '../../lab/stampede/look.js';

describe('a look at a crowd', () => {
  it('counts the goroutines of a page, wherever its chunks end', () => {
    const page = [1, 22, 333]
      .map((id) => `goroutine ${id} [chan send]:\nmain.f()\n\t/src/main.go:3`)
      .join('\n\n');
    for (let size = 1; size <= page.length; size += 1) {
      const count = countHeads();
      let seen = 0;
      for (let at = 0; at < page.length; at += size) seen = count(Buffer.from(page.slice(at, at + size)));
      expect(seen, `chunks of ${size}`).to.equal(3);
    }
  });

  it('sees memory and descriptors of a process, and nothing of one that is gone', async () => {
    const seen = await lookAtProcess(process.pid);
    expect(seen?.rssBytes).to.be.above(1e7);
    expect(seen?.fds).to.be.above(2);
    expect(await lookAtProcess(2 ** 30)).to.equal(undefined);
  });

  it('tells why a page did not come', async () => {
    const { signal } = new AbortController();
    const seen = await lookAtCount('http://127.0.0.1:9', 1_000, signal);
    expect(seen).to.include({ answered: false, bytes: 0 });
    expect(seen.why).to.contain('ECONNREFUSED');
  });
});
