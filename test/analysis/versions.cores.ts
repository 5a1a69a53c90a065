import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { ensureDelve } from '../../lab/toolchain/index.js';
import { goBuildEnv } from '../go-build-env.js';
import { expectLabels } from '../labelled.js';
import { coreOf } from '../real-core.js';
import { resultOf, sideBySide } from '../side-by-side.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

/**
 * Further versions of Go, from the Go module proxy, each with the Delve that fits it; it takes a while, so it runs
 * only when asked: `LAB_TEST_GO=1.21.13,1.23.12 npm run test:cores -- dist/test/analysis/versions.cores.js`.
 */
const versions = (process.env['LAB_TEST_GO'] ?? '').split(',').filter(Boolean);
const fixtures = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go');
const { signal } = new AbortController();
const faulty = {
  'self-consumer': { rule: 'self-blocked-consumer' },
  'two-depots': { rule: 'self-blocked-consumer' },
  ring: { rule: 'channel-ring' },
  'early-return': { rule: 'leaked-sender' },
  'nil-send': { rule: 'nil-channel', certainty: 'proved' },
};
const healthy = [
  'http-server',
  'pipeline',
  'pub-sub',
  'tickers',
  'toggled',
  'only-timers',
  'deep-recursion',
  'not-started',
  'generics',
];

for (const version of versions) {
  describe(`programs built by Go ${version}`, function () {
    this.timeout(600_000);
    let folder: TempFolder;
    let dlv: string;

    async function build(module: string, flags: readonly string[] = []): Promise<string> {
      const env = { ...goBuildEnv, GOTOOLCHAIN: `go${version}` };
      const { stdout: root } = await execa('go', ['env', 'GOROOT'], { env });
      const local = { ...env, GOTOOLCHAIN: 'local', GOROOT: root };
      const exe = folder.file(module);
      await execa(join(root, 'bin/go'), ['build', ...flags, '-o', exe, '.'], {
        cwd: join(fixtures, module),
        env: local,
      });
      return exe;
    }

    const diagnose =
      (exe: string, method: 'delve' | 'gcore' = 'delve') =>
      async (situation: string) => {
        await using made = await coreOf(exe, `go${version}`, method, [situation]);
        return await analyzeCore({ exe, core: made.core, delve: dlv }, () => undefined, signal);
      };

    before(async () => {
      folder = await tempFolder();
      dlv = (await ensureDelve({ goVersion: `go${version}` }, signal)).path;
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    it('are diagnosed when they hang', async () => {
      const diagnosed = sideBySide(Object.keys(faulty), diagnose(await build('channels')));
      for (const [situation, expected] of Object.entries(faulty)) {
        const diagnosis = await resultOf(diagnosed, situation);
        expect(diagnosis.verdict, situation).to.equal('deadlock');
        expect(diagnosis.findings[0], situation).to.include(expected).and.satisfy(isSure);
        expect(diagnosis.stats.crossCheckMismatches, situation).to.equal(0);
      }
    });

    it('are read without debug information, their heap too', async () => {
      const exe = await build('channels', ['-ldflags=-s -w']);
      const { findings, groups, limits } = await diagnose(exe, 'gcore')('nil-send');
      expect(findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
        'nil-channel proved',
      ]);
      expect(groups.length).to.be.greaterThan(3);
      expect(limits.filter((limit) => /not (?:known|found|looked at)/.test(limit))).to.deep.equal([]);
    });

    it('have their labels read', async () => {
      expectLabels(await diagnose(await build('labelled'))('labelled'));
    });

    it('raise no alarm while they work', async () => {
      const diagnosed = sideBySide(healthy, diagnose(await build('healthy')));
      for (const program of healthy) {
        const { findings, verdict } = await resultOf(diagnosed, program);
        const alarms = findings.filter(({ certainty }) => certainty !== 'suspected');
        expect(
          alarms.map(({ explanation }) => explanation),
          program,
        ).to.deep.equal([]);
        expect(verdict, program).not.to.equal('deadlock');
      }
    });
  });
}
