import { expect } from 'chai';
import { compare, exitCodeOf, readBaseline, saveBaseline } from '../../lab/regress/baseline.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';
import { cell } from './cells.js';

describe('a baseline', () => {
  const before = [
    cell({ scenario: 'right' }),
    cell({ scenario: 'wrong', verdict: 'refuted' }),
    cell({ scenario: 'undecided', verdict: 'unknown' }),
    cell({ scenario: 'elsewhere' }),
  ];

  it('fails on a cell that was right before and is not now, undecided ones too', () => {
    for (const verdict of ['refuted', 'unknown'] as const) {
      const now = [cell({ scenario: 'right', verdict })];
      const seen = compare('b.json', before, now);
      expect(seen.broken).to.deep.equal([{ id: now[0]?.id, was: 'confirmed', is: verdict }]);
      expect(exitCodeOf(now, seen)).to.equal(1);
    }
  });

  it('forgives what was wrong before, and reports what is newly right', () => {
    const now = [
      cell({ scenario: 'right' }),
      cell({ scenario: 'wrong', verdict: 'refuted' }),
      cell({ scenario: 'undecided' }),
    ];
    const seen = compare('b.json', before, now);
    expect(seen.mended.map(({ id }) => id)).to.deep.equal([now[2]?.id]);
    expect(seen.stillWrong.map(({ id }) => id)).to.deep.equal([now[1]?.id]);
    expect(seen.notRun).to.have.length(1);
    expect(exitCodeOf(now, seen)).to.equal(0);
    expect(exitCodeOf(now, null)).to.equal(1);
  });

  it('judges a cell that it does not know as if there were no baseline', () => {
    const now = [cell({ scenario: 'new', verdict: 'unknown' })];
    const seen = compare('b.json', before, now);
    expect(seen.unknownToBaseline).to.deep.equal([now[0]?.id]);
    expect(exitCodeOf(now, seen)).to.equal(2);
  });

  it('knows a cell again after a new patch of Go or of Delve, but not on another minor', () => {
    const patched = cell({ scenario: 'right', go: '1.26.9', delve: '1.27.3', verdict: 'refuted' });
    expect(compare('b.json', before, [patched]).broken).to.have.length(1);
    const other = cell({ scenario: 'right', go: '1.25.1', verdict: 'refuted' });
    expect(compare('b.json', before, [other]).unknownToBaseline).to.have.length(1);
  });

  it('prefers the very same versions to the same minors', () => {
    const both = [cell({ go: '1.26.7' }), cell({ go: '1.26.8', verdict: 'refuted' })];
    const seen = compare('b.json', both, [cell({ go: '1.26.8', verdict: 'refuted' })]);
    expect(seen.broken).to.deep.equal([]);
    expect(seen.stillWrong).to.have.length(1);
  });

  it('says nothing of cells that are not applicable', () => {
    const now = [cell({ scenario: 'right', verdict: 'not-applicable' })];
    const seen = compare('b.json', before, now);
    expect(seen.broken).to.deep.equal([]);
    expect(exitCodeOf(now, seen)).to.equal(0);
  });

  it('is saved without what changes from run to run, and read again', async () => {
    await using folder = await tempFolder();
    const file = folder.file('baseline.json');
    await saveBaseline(file, before);
    const read = await readBaseline(file);
    expect(read).to.have.length(4);
    expect(compare(file, read, before).broken).to.deep.equal([]);
    await rejectsWith('usage', readBaseline(folder.file('none.json')));
  });
});
