import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';
import { ensureDelve } from '../../lab/toolchain/index.js';
import { goBuildEnv } from '../go-build-env.js';
import { coreOf } from '../real-core.js';
import { resultOf, sideBySide } from '../side-by-side.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

/**
 * The versions of Go between those of versions.cores.ts, each by one small program that has a wait of every kind; it
 * takes a while as well: `LAB_TEST_GO_BRIEFLY=1.20.14,1.22.12 npm run test:cores -- dist/test/analysis/versions-briefly.cores.js`.
 */
const versions = (process.env['LAB_TEST_GO_BRIEFLY'] ?? '').split(',').filter(Boolean);
const module = resolve(projectRoot, 'test/fixtures/go/brief');
const { signal } = new AbortController();
const builds = { described: [], stripped: ['-ldflags=-s -w'] } as const;

const waits = ({ groups }: Diagnosis) =>
  groups
    .filter(({ stack }) => stack.some(({ function: name }) => name.startsWith('main.')))
    .map(({ count, waitReason }) => `${count} ${waitReason}`)
    .sort();

for (const version of versions) {
  describe(`a small program built by Go ${version}`, function () {
    this.timeout(300_000);
    let folder: TempFolder;
    let diagnosed: Map<string, Promise<Diagnosis>>;

    before(async () => {
      folder = await tempFolder();
      const delve = (await ensureDelve({ goVersion: `go${version}` }, signal)).path;
      const env = { ...goBuildEnv, GOTOOLCHAIN: `go${version}` };
      const { stdout: root } = await execa('go', ['env', 'GOROOT'], { env });
      const local = { ...env, GOTOOLCHAIN: 'local', GOROOT: root };
      diagnosed = sideBySide(Object.keys(builds), async (build) => {
        const exe = folder.file(build);
        const flags = builds[build as keyof typeof builds];
        await execa(join(root, 'bin/go'), ['build', ...flags, '-o', exe, '.'], { cwd: module, env: local });
        await using made = await coreOf(exe, `go${version}`, 'helper');
        return await analyzeCore({ exe, core: made.core, delve }, () => undefined, signal);
      });
      for (const result of diagnosed.values()) result.catch(() => undefined);
    });
    after(async () => {
      await Promise.allSettled(diagnosed?.values() ?? []);
      await folder?.[Symbol.asyncDispose]();
    });

    it('is diagnosed with every wait of it', async () => {
      const diagnosis = await resultOf(diagnosed, 'described');
      expect(diagnosis.stats).to.include({ engine: 'core-reader', crossCheckMismatches: 0 });
      expect(diagnosis.verdict).to.equal('deadlock');
      const rules = diagnosis.findings.map(({ rule }) => rule);
      expect(rules).to.include.members(['leaked-sender', 'lock-order', 'read-write-read', 'nil-channel']);
      const stuck = diagnosis.groups.filter(({ outlook }) => outlook === 'stuck');
      expect(stuck.reduce((sum, { count }) => sum + count, 0)).to.equal(10);
    });

    it('is read the same when it is stripped, its heap too', async () => {
      const [described, stripped] = await Promise.all(
        Object.keys(builds).map((build) => resultOf(diagnosed, build)),
      );
      if (described === undefined || stripped === undefined) throw new Error('not diagnosed');
      expect(waits(stripped)).to.deep.equal(waits(described));
      expect(stripped.limits.filter((limit) => /not (?:known|found|looked at)/.test(limit))).to.deep.equal(
        [],
      );
      expect(stripped.findings.map(({ rule }) => rule)).to.include('nil-channel');
    });
  });
}
