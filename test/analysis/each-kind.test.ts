import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { deadlockSubtypes, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { fixtureProgram } from '../fixture-program.js';
import { buildHung, goTools } from '../hung-program.js';
import { kernelCoreOf, noKernelCores } from '../real-core.js';
import { isSure } from '../sure.js';
import { tempFolder } from '../temp-folder.js';

/** One process alone never shows what goes through several: `test/several/` has that. */
type Subtype = Exclude<(typeof deadlockSubtypes)[number], 'across-processes'>;
const subtypes = deadlockSubtypes.filter((name): name is Subtype => name !== 'across-processes');

/** A program that hangs so, and how its core is taken; `*.cores.ts` beside this file have all the others. */
const kinds: Readonly<Record<Subtype, readonly [fixture: string, situation: string]>> = {
  'double-lock': ['locks', 'double-lock'],
  'ab-ba': ['locks', 'ab-ba'],
  rwr: ['locks', 'rwr'],
  channel: ['channels', 'self-consumer'],
  'channel-context': ['patterns', 'discarded-cancel'],
  'channel-condvar': ['patterns', 'cond-and-channel'],
  condvar: ['locks', 'lost-signal'],
  'channel-lock': ['locks', 'channel-lock'],
  'channel-waitgroup': ['locks', 'half-done'],
  'waitgroup-misuse': ['locks', 'miscount'],
  'busy-wait': ['spins', 'atomic'],
  'try-lock': ['spins', 'try-lock'],
};
/** One look never proves them. */
const suspected: ReadonlySet<string> = new Set(['busy-wait', 'try-lock']);
const methods = { locks: 'helper', channels: 'delve', patterns: 'delve', spins: 'gcore' } as const;
const healthy = ['worker-pool-idle', 'cond-queue', 'http-server'];
const { signal } = new AbortController();
const [go] = await goTools(signal);
const kernelRefuses = await noKernelCores();

describe('each kind of deadlock', function () {
  this.timeout(120_000);
  if (go === undefined) return;

  for (const [fixture, method] of Object.entries(methods)) {
    describe(`in ${fixture}, cores by ${method}`, () => {
      const program = fixtureProgram({ go, fixture, flags: [], method });
      for (const subtype of subtypes.filter((name) => kinds[name][0] === fixture)) {
        it(`is found in a real program that hangs: ${subtype}`, async () => {
          const diagnosis = diagnosisSchema.parse(await program.diagnose(kinds[subtype][1]));
          expect(diagnosis.findings).to.have.length(1);
          if (suspected.has(subtype)) {
            expect(diagnosis).to.include({ verdict: 'unknown', scope: null });
            expect(diagnosis.findings[0]).to.include({ subtype, certainty: 'suspected' });
          } else {
            expect(diagnosis).to.include({ verdict: 'deadlock', scope: 'partial' });
            expect(diagnosis.findings[0]).to.include({ subtype }).and.satisfy(isSure);
          }
          expect(diagnosis.stats.crossCheckMismatches).to.equal(0);
        });
      }
    });
  }

  it('is found in a core that the kernel wrote', async function () {
    if (kernelRefuses !== undefined) return this.skip();
    const delve = await findDelve({ goVersion: go.version, install: false }, signal);
    if (delve === undefined) return this.skip();
    await using folder = await tempFolder();
    const exe = await buildHung(go.path, folder, 'depot');
    await using taken = await kernelCoreOf(exe, 'abort');
    const files = { exe, core: taken.core, delve: delve.path };
    const { verdict, findings } = await analyzeCore(files, () => undefined, signal);
    expect(verdict).to.equal('deadlock');
    expect(findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
  });

  describe('is not seen in', () => {
    const program = fixtureProgram({ go, fixture: 'healthy', flags: [], method: 'helper' });
    for (const name of healthy) {
      it(`a program that works: ${name}`, async () => {
        const { verdict, findings } = await program.diagnose(name);
        expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
      });
    }
  });
});
