import { expect } from 'chai';
import { compareLooks } from '../../lab/compare/compare.js';
import type { Look } from '../../lab/compare/model.js';
import { requireComparable } from '../../lab/compare/one-process.js';
import { comparisonText } from '../../lab/report/compare-text.js';
import { asCore, dumpText, lookAt, withLoop, withOutlook } from './looks.js';

const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const at = (looks: readonly Look[], line: number) => {
  const found = compareLooks(looks).groups.find(({ place }) => place.line === line);
  if (found === undefined) throw new Error(`nobody is at line ${line}`);
  return found;
};

describe('the comparison of looks at one process', () => {
  it('counts the very same goroutines as still, and those that came and went', async () => {
    const looks = [
      await lookAt(dumpText({ feed: ids(10, 12), jobs: ids(50, 3) }), 0),
      await lookAt(dumpText({ feed: ids(12, 14), jobs: [50, 60, 61] }), 10),
    ];
    expect(at(looks, 33))
      .to.include({ unmoved: 10, came: 4, went: 2 })
      .and.deep.include({ counts: [12, 14] });
    expect(at(looks, 46)).to.include({ unmoved: 1, came: 2, went: 2 });
  });

  it('says who did not move, where, for how long, and how many came', async () => {
    const looks = [
      await lookAt(dumpText({ feed: ids(10, 12) }), 0),
      await lookAt(dumpText({ feed: ids(10, 19) }), 10),
    ];
    const { summary, suspects, seconds } = compareLooks(looks);
    expect(seconds).to.equal(10);
    expect(suspects).to.deep.equal([{ group: 'C1', text: summary }]);
    expect(summary).to.equal(
      '12 of 12 goroutines at mutex 0xc000012100, in main.(*feed).latest (main.go:33, sync.Mutex.Lock), did not move in 10 s; 7 more came.',
    );
  });

  it('does not take for still who left between two others of three looks', async () => {
    const looks = [
      await lookAt(dumpText({ feed: [10, 11] }), 0),
      await lookAt(dumpText({ feed: [10], jobs: [11] }), 5),
      await lookAt(dumpText({ feed: [10, 11] }), 10),
    ];
    expect(at(looks, 33)).to.include({ unmoved: 1, came: 0, went: 0 });
  });

  describe('of goroutines that spin', () => {
    const spinning = async (before: readonly Record<string, readonly number[]>[], last: number[]) => {
      const looks = [];
      for (const [i, stacks] of before.entries()) looks.push(await lookAt(dumpText(stacks), i * 5));
      const look = await lookAt(dumpText({ spin: last, sleep: [90] }), before.length * 5);
      const loop = { function: 'main.(*hub).deliver', file: '/app/main.go', from: 69, to: 72 };
      return [...looks, withLoop(look, 70, loop)];
    };

    it('suspects those first that ran in the same loop in every look', async () => {
      const looks = await spinning(
        [
          { spins: [10], feed: [20] },
          { spin: [10], feed: [20] },
        ],
        [10],
      );
      expect(at(looks, 70)).to.include({ spun: 1 });
      expect(compareLooks(looks).summary).to.equal(
        '1 goroutine in main.(*hub).deliver (main.go:70) runs round one loop, and did so in each of 3 looks within 10 s.',
      );
    });

    it('suspects none that were elsewhere, waited, or were not there before', async () => {
      for (const before of [{ sleep: [10] }, { feed: [10] }, { spin: [11] }]) {
        const looks = await spinning([before], [10]);
        expect(at(looks, 70)).to.include({ spun: 0 });
        expect(compareLooks(looks).suspects.filter(({ text }) => text.includes('loop'))).to.deep.equal([]);
      }
    });
  });

  it('says where the processor time goes: who ran in every look, in a function that it was in each time', async () => {
    const looks = [
      await lookAt(dumpText({ spin: [10, 11] }), 0),
      await lookAt(dumpText({ spins: [10], sleep: [11] }), 5),
      await lookAt(dumpText({ spin: [10, 11] }), 10),
    ];
    const { busy, suspects } = compareLooks(looks);
    const place = { function: 'main.(*hub).deliver', file: '/app/main.go', line: 70 };
    expect(busy).to.deep.equal([{ place, goroutines: 1 }]);
    expect(suspects).to.deep.equal([]);
    expect(comparisonText(compareLooks(looks), { columns: 100 })).to.match(
      /^ran {2}1 goroutine in main\.\(\*hub\)\.deliver \(main\.go:70\) ran, or could have, in every look\.$/m,
    );
  });

  describe('by how long they wait', () => {
    it('knows of minutes that begun anew', async () => {
      const steady = { out: [90] };
      const looks = async (before: number, after: number, between: number) => [
        await lookAt(`${dumpText({ feed: [10] }, before)}\n${dumpText(steady, 30)}`, 0),
        await lookAt(`${dumpText({ feed: [10] }, after)}\n${dumpText(steady, 30 + between)}`, between * 60),
      ];
      expect(at(await looks(20, 25, 5), 33)).to.include({ unmoved: 1 });
      expect(at(await looks(20, 1, 5), 33)).to.include({ unmoved: 0, came: 0, went: 0 });
      expect(at(await looks(20, 0, 5), 33)).to.include({ unmoved: 0 });
      // The runtime notes a wait at its next garbage collection: that it knew none before says nothing.
      expect(at(await looks(0, 2, 5), 33)).to.include({ unmoved: 1 });
    });

    it('does not trust the clock of a core in which nothing runs: waits of others tell how far it went', async () => {
      const stood = dumpText({ feed: [10], out: [90] }, 30);
      const [before, after] = [await lookAt(stood, 0), await lookAt(stood, 300)];
      const looks = [before, asCore(after)];
      expect(at(looks, 33)).to.include({ unmoved: 1 });
      expect(at(looks, 28)).to.include({ unmoved: 1 });
    });
  });

  it('finds groups of a dump in a core, which has frames of the runtime and of the compiler', async () => {
    const dump = await lookAt(dumpText({ feed: ids(10, 12), out: [90], sleep: [91] }), 0);
    const core = asCore(await lookAt(dumpText({ feed: ids(10, 15), out: [90], sleep: [91] }), 8, 'core'));
    for (const looks of [
      [dump, core],
      [core, dump],
    ]) {
      const { groups } = compareLooks(looks);
      expect(groups.map(({ counts }) => counts)).to.deep.equal([
        [12, 15],
        [1, 1],
        [1, 1],
      ]);
      expect(groups.map(({ unmoved }) => unmoved)).to.deep.equal([12, 1, 1]);
      expect(groups.map(({ place }) => place.function)).to.have.members([
        ...['main.(*feed).latest', 'main.publish', 'main.tick'],
      ]);
    }
  });

  it('puts looks in the order of time, and leaves them where one has none', async () => {
    const [early, late] = [
      await lookAt(dumpText({ feed: ids(10, 3) }), 0, 'early'),
      await lookAt(dumpText({ feed: ids(10, 9) }), 60, 'late'),
    ];
    const ordered = compareLooks([late, early]);
    expect(ordered.looks.map(({ name }) => name)).to.deep.equal(['early', 'late']);
    expect(ordered.groups[0]).to.include({ came: 6, went: 0 });
    const kept = compareLooks([late, { ...early, time: undefined }]);
    expect(kept.looks.map(({ name }) => name)).to.deep.equal(['late', 'early']);
    expect(kept.seconds).to.equal(null);
    expect(kept.summary).to.contain('did not move over 2 looks');
    expect(kept.limits.join()).to.contain('the order in which they were given');
  });

  it('takes files of one moment for files without a time between them', async () => {
    const text = dumpText({ feed: [10] });
    expect(compareLooks([await lookAt(text, 5), await lookAt(text, 5)]).seconds).to.equal(null);
  });

  it('suspects who is stuck before who is unclear, what grows before what does not, and never who only waits for work', async () => {
    const dump = async (second: number, grown: number) => {
      const stacks = { feed: ids(10, 30), out: ids(100, 2 + grown), jobs: ids(200, 40), sleep: [300] };
      const look = await lookAt(dumpText(stacks), second);
      const waiting = withOutlook(withOutlook(look, 46, 'idle'), 50, 'unclear');
      return withOutlook(withOutlook(waiting, 33, 'unclear'), 28, 'unclear');
    };
    const both = [await dump(0, 0), await dump(10, 8)];
    const lines = (looks: readonly Look[]) => {
      const { suspects, groups } = compareLooks(looks);
      return suspects.map(({ group }) => groups.find(({ id }) => id === group)?.place.line);
    };
    expect(lines(both)).to.deep.equal([28, 33, 50]);
    expect(lines(both.map((look) => withOutlook(look, 33, 'stuck')))).to.deep.equal([33, 28, 50]);
  });

  it('suspects workers of whom there are more and more, though each has something that ends its wait', async () => {
    const dump = async (second: number, count: number) =>
      withOutlook(await lookAt(dumpText({ jobs: ids(10, count) }), second), 46, 'ends');
    const grown = compareLooks([await dump(0, 4), await dump(10, 9)]);
    expect(grown.suspects).to.have.length(1);
    expect(compareLooks([await dump(0, 4), await dump(10, 8)]).suspects).to.deep.equal([]);
    expect(compareLooks([await dump(0, 100), await dump(10, 105)]).suspects).to.deep.equal([]);
  });

  it('says so when nothing is suspected', async () => {
    const dump = async (second: number) =>
      withOutlook(await lookAt(dumpText({ jobs: ids(10, 4) }), second), 46, 'idle');
    const { summary, suspects } = compareLooks([await dump(0), await dump(10)]);
    expect(suspects).to.deep.equal([]);
    expect(summary).to.equal(
      'Nothing is suspected: 4 waiting goroutines did not move in 10 s; all of them wait where something was seen to end the wait or to bring work, and no group grew.',
    );
  });

  describe('of the form without numbers', () => {
    const counts = (readers: number) => `goroutine profile: total ${readers + 1}
${readers} @ 0x43d1a8 0x47b6a5 0x47b67d 0x4a3bd1
#	0x47b6a4	sync.runtime_SemacquireMutex+0x24	/usr/local/go/src/runtime/sema.go:95
#	0x47b67c	sync.(*Mutex).Lock+0x3c	/usr/local/go/src/sync/mutex.go:46
#	0x4a3bd0	main.(*feed).latest+0x30	/app/main.go:33

1 @ 0x43d1a8 0x4a3bd9
#	0x4a3bd8	main.main+0x30	/app/main.go:30

`;

    it('compares how many there are, and says what is not known', async () => {
      const looks = [await lookAt(counts(3), 0, 'a.txt'), await lookAt(counts(12), 10, 'b.txt')];
      const { summary, groups, limits } = compareLooks(looks);
      expect(groups[0]).to.include({ unmoved: null, came: null, went: null });
      expect(summary).to.equal('12 goroutines in main.(*feed).latest (main.go:33), 9 more than 10 s before.');
      expect(limits).to.deep.equal([
        'Goroutines have no numbers in a.txt, b.txt, so it is not known which of them are the same.',
      ]);
      expect(comparisonText(compareLooks(looks), { columns: 100 })).to.contain('      ?');
    });

    it('suspects who stands there as before', async () => {
      const { summary } = compareLooks([await lookAt(counts(4), 0), await lookAt(counts(4), 10)]);
      expect(summary).to.equal('4 goroutines in main.(*feed).latest (main.go:33), as many as 10 s before.');
    });

    it('is compared with one that has numbers by stacks alone', async () => {
      const numbered = dumpText({ feed: ids(10, 5) }).replace(/^internal\/sync.*\n.*\n/gm, '');
      const first = counts(5).replace(/^#.*Semacquire.*\n/m, '');
      const group = at([await lookAt(first, 0), await lookAt(numbered, 10)], 33);
      expect(group).to.include({ unmoved: null, waitReason: 'sync.Mutex.Lock' });
      expect(group.counts).to.deep.equal([5, 5]);
    });
  });

  it('of several processes takes no goroutine for another one, and tells where they are stuck', async () => {
    const look = async (pid: number, feed: readonly number[]) => ({
      ...(await lookAt(dumpText({ feed, jobs: [40] }), pid)),
      pid,
    });
    const looks = [await look(7, [10, 11]), await look(8, [10, 11, 12])];
    requireComparable(looks);
    const { processes, groups, seconds, suspects } = compareLooks(looks);
    expect(processes).to.deep.equal([7, 8]);
    expect(seconds).to.equal(null);
    const feed = groups.find(({ counts }) => counts.join() === '2,3');
    expect(feed).to.include({ unmoved: null, came: null, went: null, object: null });
    expect(suspects.map(({ text }) => text).join('\n')).to.match(
      /^5 goroutines in main\.\(\*feed\)\.latest \(main\.go:33, sync\.Mutex\.Lock\): .*, in 2 of 2 processes\.$/m,
    );
    const again = [...looks, await look(8, [10])];
    expect(() => requireComparable(again)).to.throw('3 looks at 2 processes');
  });

  it('is refused of one look, and of programs that have nothing in common', async () => {
    const look = await lookAt(dumpText({ feed: [10] }), 0);
    const stranger = await lookAt(dumpText({ jobs: [10] }).replaceAll('main.work', 'main.serve'), 10);
    expect(() => requireComparable([look])).to.throw('one look cannot be compared');
    expect(() => requireComparable([look, stranger])).to.throw('these are looks at different programs');
    requireComparable([look, await lookAt(dumpText({ feed: [20], jobs: [21] }), 10)]);
  });
});
