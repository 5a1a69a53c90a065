import { expect } from 'chai';
import { writeJson } from '../lab/json-file.js';
import { mergeResults } from '../lab/regress/merge.js';
import { countsOf, type Results, resultsSchema } from '../lab/regress/results.js';
import { parseShard, requireWhole } from '../lab/shard.js';
import { shardOf } from '../lab/triage/find-inputs.js';
import { cell } from './regress/cells.js';
import { rejectsWith } from './rejects.js';
import { tempFolder } from './temp-folder.js';

describe('parts of a piece of work', () => {
  it('are named by their number and that of all', () => {
    expect(parseShard('2/4')).to.deep.equal({ index: 2, count: 4 });
    for (const wrong of ['0/4', '5/4', '1', '1/0', 'a/b', '1/2/3', ' 1/2'])
      expect(() => parseShard(wrong), wrong).to.throw(/--shard takes/);
  });

  it('are put together only when each is there once, and of one whole', () => {
    const part = (index: number, count = 3) => ({ name: `${index}.json`, shard: { index, count } });
    expect(() => requireWhole([part(2), part(1), part(3)])).not.to.throw();
    expect(() => requireWhole([part(1), part(3)])).to.throw(/part 2 of 3 is missing/);
    expect(() => requireWhole([part(1), part(1), part(2)])).to.throw(/both part 1\/3/);
    expect(() => requireWhole([part(1), part(2, 2)])).to.throw(/one of 2 parts/);
    expect(() => requireWhole([{ name: 'whole.json', shard: null }])).to.throw(/no part of a whole/);
  });

  it('have each input once, by its path alone', () => {
    const paths = Array.from({ length: 400 }, (_, i) => `host-${i % 7}/dump-${i}.txt`);
    const sizes = [1, 2, 3, 4].map((index) => paths.filter((path) => shardOf(path, 4) === index).length);
    expect(sizes.reduce((sum, n) => sum + n, 0)).to.equal(400);
    expect(Math.min(...sizes)).to.be.above(70);
  });
});

describe('parts of a regression', () => {
  const cells = Array.from({ length: 11 }, (_, i) =>
    cell({ scenario: `s${i}`, verdict: i === 4 ? 'refuted' : 'confirmed' }),
  );
  const whole: Results = {
    ...{
      schema: 'lab.regress/1',
      dir: '/runs/x-regress',
      mode: 'live',
      ms: 9_000,
      exitCode: 1,
      baseline: null,
      cells,
    },
    ...{ startedAt: '2026-11-30T00:00:00.000Z', endedAt: '2026-11-30T00:10:00.000Z' },
    lab: { version: '0.1.0', gitCommit: null },
    machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 1 },
    counts: countsOf(cells),
  };

  it('make the same bytes as one, in whatever order they are named', async () => {
    await using folder = await tempFolder();
    const files: string[] = [];
    for (const index of [1, 2, 3, 4]) {
      const own = cells.filter((_, i) => i % 4 === index - 1);
      const file = folder.file(`part-${index}.json`);
      await writeJson(file, {
        ...whole,
        shard: { index, count: 4 },
        cells: own,
        counts: countsOf(own),
        exitCode: 0,
      });
      files.unshift(file);
    }
    expect(JSON.stringify(await mergeResults(files, undefined))).to.equal(
      JSON.stringify(resultsSchema.parse(whole)),
    );
    const before = { file: 'b.json', cells: [cell({ scenario: 's4' })] };
    const compared = await mergeResults(files, before);
    expect(compared.baseline?.broken).to.have.length(1);
    const error = await rejectsWith('usage', mergeResults(files.slice(1), undefined));
    expect(error.message).to.match(/part 4 of 4 is missing/);
  });
});
