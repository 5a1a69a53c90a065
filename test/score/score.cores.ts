import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { goTools } from '../hung-program.js';

const script = join(projectRoot, 'dist/score/index.js');
const gos = await goTools(new AbortController().signal);
const having = gos.filter(({ version }) => Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 26);

describe('npm run score', function () {
  this.timeout(180_000);

  it('has both answers about the same moment of a program', async function () {
    if (having.length === 0) return this.skip(); // needs Go 1.26
    const { stdout } = await execa(process.execPath, [script, '--json', '--tries', '3', 'EarlyReturn']);
    for (const { scores, totals } of JSON.parse(stdout)) {
      expect(totals).to.deep.include({ programs: 1, leaky: 1 });
      const [{ runtime, ours }] = scores;
      expect(runtime).to.deep.include({ found: true, kinds: 1, others: [] });
      expect(ours).to.deep.include({ found: true, kinds: 1, others: [], rightFunction: 'yes' });
      expect(ours.findings[0]).to.include({ rule: 'leaked-sender', certainty: 'proved' });
    }
  });

  it('refuses a program that the toolchain does not have', async function () {
    if (having.length === 0) return this.skip(); // needs Go 1.26
    const { exitCode, stderr } = await execa(process.execPath, [script, 'Nonesuch'], { reject: false });
    expect(exitCode).to.equal(64);
    expect(stderr).to.match(/has no program Nonesuch\n-> npm run score/);
  });
});
