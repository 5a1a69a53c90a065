import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Group } from '../../lab/analysis/model/diagnosis.js';
import { toFrames } from '../../lab/analysis/read/delve-stacks.js';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { goTools, startHung } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixture = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go/busy');
const { signal } = new AbortController();

/** Groups of which an example has another stack, by Delve, than the group shows. */
async function wrongGroups(files: { exe: string; core: string; dlv: string }, groups: readonly Group[]) {
  await using session = await launchDelveCore({ ...files, startTimeoutMs: 60_000 }, signal);
  const wrong: unknown[] = [];
  for (const { exampleIds, stack } of groups.filter(({ exampleIds }) => exampleIds.length > 1)) {
    for (const id of exampleIds) {
      const frames = toFrames(
        await session.client.stacktrace({ id, depth: 1000 }, { signal, timeoutMs: 60_000 }),
      );
      const text = (all: readonly { readonly function: string; readonly line: number }[]) =>
        all.map((frame) => `${frame.function}:${frame.line}`).join(' ');
      // A goroutine in a system call shows where its thread is: the same place, or one a step away.
      const inProgram = (all: string) => all.slice(all.indexOf('main.'));
      const [theirs, ours] = [text(frames), text(stack)].map(inProgram);
      if (theirs !== ours) wrong.push({ id, theirs, ours });
    }
  }
  return wrong;
}

for (const go of await goTools(signal)) {
  describe(`a core of a busy program of ${go.version}`, function () {
    this.timeout(120_000);
    let folder: TempFolder;
    let exe: string;
    /** Its variables can be read, so that a group could be told to mean other objects. */
    let plain: string;
    let dlv: string;

    before(async function () {
      const found = await findDelve({ goVersion: go.version, install: false }, signal);
      // Skips where gdb, or a Delve that reads this Go, is missing.
      if (found === undefined) this.skip();
      dlv = found.path;
      folder = await tempFolder();
      exe = folder.file('server');
      plain = folder.file('plain');
      await goBuild({ go: go.path, module: fixture, exe });
      await goBuild({ go: go.path, module: fixture, exe: plain, flags: ['-gcflags=all=-N -l'] });
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    const look = (core: string, program = exe) =>
      analyzeCore({ exe: program, core, delve: dlv }, () => undefined, signal);

    it('has few groups, of goroutines that really have the same stack', async () => {
      await using taken = await coreOf(exe, go.version, 'helper', ['busy']);
      const { groups, stats, verdict, findings, limits } = await look(taken.core);
      expect({ verdict, findings, limits }).to.deep.equal({ verdict: 'none', findings: [], limits: [] });
      expect(stats).to.include({ engine: 'core-reader', crossCheckMismatches: 0 });
      expect(groups.length).to.be.below(120);
      expect(await wrongGroups({ exe, core: taken.core, dlv }, groups)).to.deep.equal([]);
    });

    it('has a releaser in a group of which not all members were looked at', async () => {
      await using taken = await coreOf(plain, go.version, 'helper', ['late-release']);
      const { verdict, findings, groups } = await look(taken.core, plain);
      expect(groups.some(({ count }) => count > 8)).to.equal(true);
      expect({ verdict, findings }).to.deep.equal({ verdict: 'none', findings: [] });
    });

    it('may hold a select that is just being woken, which is no wait any more', async () => {
      const program = await startHung(exe, folder, signal, ['mid-wake']);
      const core = folder.file('mid-wake.core');
      try {
        const steps = ['break runtime.ready', 'continue', `generate-core-file ${core}`];
        const pid = String(program.identity.pid);
        await execa('gdb', ['-p', pid, '-batch', ...steps.flatMap((step) => ['-ex', step])], {
          timeout: 30_000,
        });
      } finally {
        await program.kill('SIGKILL');
        await program[Symbol.asyncDispose]();
      }
      const { verdict, limits, findings } = await look(core);
      expect({ verdict, limits, findings }).to.deep.equal({ verdict: 'none', limits: [], findings: [] });
    });
  });
}
