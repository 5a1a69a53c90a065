import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { resultsSchema } from '../../lab/regress/results.js';
import { listRuns } from '../../lab/store/run-store.js';
import { lab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

describe('a regression', function () {
  this.timeout(240_000);

  it('drives, diagnoses, keeps bundles, and diagnoses them again elsewhere', async () => {
    await using folder = await tempFolder();
    const env = { LAB_RUNS: folder.file('runs') };
    const [kept, baseline, junit] = [folder.file('kept'), folder.file('base.json'), folder.file('j.xml')];
    const live = await lab(
      ['regress', '--only', 'goss*', '--json', '--keep', kept, '--save-baseline', baseline, '--junit', junit],
      env,
    );
    expect(live.exitCode, live.stderr).to.equal(0);
    const results = resultsSchema.parse(JSON.parse(live.stdout));
    expect(results.counts).to.include({ confirmed: 2, refuted: 0, unknown: 0 });
    for (const { hang, diagnosis, ms, peakRssBytes, folder: bundle } of results.cells) {
      expect(hang?.kind).to.be.oneOf(['hung', 'no-hang']);
      expect(diagnosis?.verdict).to.be.oneOf(['deadlock', 'none']);
      expect(ms.stages).to.include.keys('load', 'capture', 'analyze');
      expect(peakRssBytes).to.be.above(50 << 20);
      expect(await readdir(bundle ?? '')).to.include.members(['cell.json', 'server', 'sources']);
    }
    expect(await readdir(results.dir)).to.include.members([
      'plan.json',
      'cells.jsonl',
      'results.json',
      'results.md',
    ]);
    expect(existsSync(join(results.dir, 'programs'))).to.equal(false);
    expect(await readFile(junit, 'utf8')).to.contain('tests="2" failures="0"');
    process.env['LAB_RUNS'] = folder.file('runs');
    expect(await listRuns()).to.deep.equal([]);
    delete process.env['LAB_RUNS'];

    const moved = folder.file('moved');
    await rename(kept, moved);
    const again = await lab(['regress', '--cores', moved, '--baseline', baseline, '--json'], env);
    expect(again.exitCode, again.stderr).to.equal(0);
    const stored = resultsSchema.parse(JSON.parse(again.stdout));
    expect(stored.mode).to.equal('cores');
    expect(stored.cells.map(({ id, verdict }) => [id, verdict])).to.have.deep.members(
      results.cells.map(({ id, verdict }) => [id, verdict]),
    );

    // A core of the faulty program that says to be of the repaired one: a false alarm, as it would look.
    const faulty = (await readdir(moved)).find((name) => name.includes('faulty')) ?? '';
    const file = join(moved, faulty, 'cell.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), variant: 'fixed' }));
    const wrong = await lab(['regress', '--cores', moved], env);
    expect(wrong.exitCode, wrong.stderr).to.equal(1);
    expect(wrong.stdout).to.contain('DIFFERENT gossip-fixed').and.to.contain(join(moved, faulty));
    expect(wrong.stdout).to.match(/expected {2}survives, no deadlock/);
  });

  it('does not begin when nothing could be run', async () => {
    await using folder = await tempFolder();
    const env = { LAB_RUNS: folder.path };
    const cases = [
      ['--only', 'nosuch'],
      ['--jobs', '0'],
      ['--cores', folder.path],
      ['--go', '1.18'],
      ['--resume'],
    ];
    for (const options of cases) {
      const { exitCode, stdout } = await lab(['regress', '--json', ...options], env);
      expect(exitCode, options.join(' ')).to.equal(64);
      expect(JSON.parse(stdout)).to.nested.include({ 'error.code': 'usage', exitCode: 64 });
    }
    expect(await readdir(folder.path)).to.deep.equal([]);
  });
});
