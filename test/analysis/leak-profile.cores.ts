import { expect } from 'chai';
import { fixtureProgram } from '../fixture-program.js';
import { goTools } from '../hung-program.js';

const { signal } = new AbortController();
const minorOf = (version: string) => Number(/^go1\.(\d+)/.exec(version)?.[1]);
const gos = (await goTools(signal)).filter(({ version }) => minorOf(version) >= 26);

for (const go of gos) {
  describe(`what the runtime has found lost itself, in cores of ${go.version}`, function () {
    this.timeout(120_000);
    const env = minorOf(go.version) === 26 ? { GOEXPERIMENT: 'goroutineleakprofile' } : {};
    const program = fixtureProgram({ go, fixture: 'leak-profile', flags: [], method: 'helper', env });

    it('is proved, and who proved it is said', async () => {
      const { verdict, findings, groups, stats } = await program.diagnose('lost');
      expect(verdict).to.equal('deadlock');
      const [finding, ...others] = findings;
      expect(others).to.deep.equal([]);
      expect(finding).to.include({ certainty: 'proved', class: 'communication', subtype: 'channel' });
      const own = groups.find(({ waitReason }) => waitReason === 'chan send');
      expect(own).to.include({ count: 5, outlook: 'stuck' });
      const texts = finding?.evidence.map(({ text }) => text) ?? [];
      expect(texts.some((text) => text.includes('_Gleaked'))).to.equal(true);
      expect(stats.crossCheckMismatches).to.equal(0);
    });

    it('accuses nobody where it found nothing', async () => {
      expect(await program.diagnose('nothing')).to.deep.include({ verdict: 'none', findings: [] });
    });
  });
}
