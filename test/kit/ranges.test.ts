import { expect } from 'chai';
import { collectRanges, contains, type Ranges, unionOf } from '../../lab/kit/ranges.js';

type Pair = readonly [number, number];

function rangesOf(pairs: readonly Pair[], gap = 0): Ranges {
  const ranges = collectRanges(gap);
  for (const [start, end] of pairs) ranges.add(start, end);
  return ranges.finish();
}

const pairsOf = ({ starts, ends }: Ranges) => [...starts].map((start, i) => [start, ends[i]]);

describe('ranges of memory', () => {
  it('are sorted and joined, in whatever order they come', () => {
    const pairs: Pair[] = [
      [50, 60],
      [10, 20],
      [20, 25],
      [55, 70],
      [5, 5],
    ];
    expect(pairsOf(rangesOf(pairs))).to.deep.equal([
      [10, 25],
      [50, 70],
    ]);
    expect(pairsOf(rangesOf(pairs, 30))).to.deep.equal([[10, 70]]);
    expect(rangesOf(pairs).bytes).to.equal(35);
    expect(contains(rangesOf(pairs), 24)).to.equal(true);
    expect(contains(rangesOf(pairs), 25)).to.equal(false);
  });

  it('unite with others, as if all had been collected together', () => {
    const lists: Pair[][] = [[], [], []];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 3000; i++) {
      const start = random(100_000);
      lists[random(3)]?.push([start, start + random(60)]);
    }
    const all = rangesOf(lists.flat());
    const united = unionOf(lists.map((list) => rangesOf(list)));
    expect(pairsOf(united)).to.deep.equal(pairsOf(all));
    expect(united.bytes).to.equal(all.bytes);
    expect(pairsOf(unionOf([]))).to.deep.equal([]);
  });
});
