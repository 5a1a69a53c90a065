import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { openCoreMemory } from '../../lab/core/memory.js';
import { checkPair } from '../../lab/core/pair.js';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { readRuntime } from '../../lab/kit/read-runtime.js';
import { compareDiagnoses } from '../../lab/kit/same-diagnosis.js';
import { slimCore } from '../../lab/kit/slim-core.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { fixtureProgram, twoBuilds } from '../fixture-program.js';
import { buildHung, goTools } from '../hung-program.js';
import { coreOf, kernelCoreOf, noKernelCores, type RealCore } from '../real-core.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const silent = () => undefined;
const gos = await goTools(signal);
const kernelRefuses = await noKernelCores();

/** Situations of each kind of diagnosis, and of none. */
const situations = {
  channels: ['self-consumer', 'rescued'],
  locks: ['double-lock', 'ab-ba', 'rwr', 'leaked', 'channel-lock'],
  patterns: ['forgotten-close', 'first-result', 'abandoned-pool', 'cond-and-channel'],
} as const;

async function expectSame(exe: string, core: string, delve: string): Promise<void> {
  await using folder = await tempFolder();
  const out = folder.file('core');
  const kept = await slimCore({ exe, core, out, delve }, signal);
  expect(kept.kind).to.equal('slimmed');
  const diagnose = (file: string) => analyzeCore({ exe, core: file, delve }, silent, signal);
  const [whole, slimmed] = [await diagnose(core), await diagnose(out)];
  expect(whole.stats.engine).to.equal('core-reader');
  const { differences } = compareDiagnoses(whole, slimmed);
  expect(differences, `${whole.summary}\n${slimmed.summary}`).to.deep.equal([]);
}

/** Words on the stacks that threads have for themselves, of those that lead to objects of the heap. */
async function leadingWords(exe: string, core: string, dlv: string): Promise<readonly string[]> {
  using memory = openCoreMemory(core, exe);
  const { registers } = (await checkPair(exe, core, signal)).core;
  await using session = await launchDelveCore({ dlv, exe, core, startTimeoutMs: 60_000 }, signal);
  const call = { signal, timeoutMs: 60_000 };
  const read = await readRuntime(session.client, { memory, tables: memory }, registers, call);
  const { spans, roots } = read;
  return roots.threads.flatMap(({ start, end }) => {
    const words = Array.from({ length: Math.floor((end - start) / 8) }, (_, i) => start + i * 8);
    return words
      .filter((at) => spans.objectAt(memory.u64(at) ?? 0) >= 0)
      .map((at) => `${at.toString(16)}: ${memory.u64(at)?.toString(16)}`);
  });
}

describe('a slimmed core', function () {
  this.timeout(120_000);

  for (const { go, flags } of twoBuilds(gos)) {
    for (const [fixture, names] of Object.entries(situations)) {
      describe(`of ${fixture}, ${go.version} ${flags.join(' ')}`, () => {
        const program = fixtureProgram({ go, fixture, flags, method: 'helper' });
        for (const situation of names) {
          it(`gives the diagnosis of the whole one: ${situation}`, async () => {
            await program.withCore(situation, ({ exe, core, delve }) => expectSame(exe, core, delve));
          });
        }
      });
    }
  }

  for (const go of gos.slice(0, 1)) {
    describe(`of other kinds, ${go.version}`, () => {
      let folder: TempFolder;
      let dlv: string;

      before(async function () {
        const found = await findDelve({ goVersion: go.version, install: false }, signal);
        if (found === undefined) return this.skip();
        dlv = found.path;
        folder = await tempFolder();
      });
      after(async () => folder?.[Symbol.asyncDispose]());

      async function check(exe: string, made: Promise<RealCore>): Promise<void> {
        await using held = await made;
        await expectSame(exe, held.core, dlv);
      }

      it('may be of a core that Delve made', async () => {
        const exe = await buildHung(go.path, folder, 'dumped');
        await check(exe, coreOf(exe, go.version, 'delve'));
      });

      it('keeps what the stacks of threads themselves lead to', async () => {
        const exe = await buildHung(go.path, folder, 'led');
        await using held = await coreOf(exe, go.version, 'helper');
        const out = folder.file('led-core');
        await slimCore({ exe, core: held.core, out, delve: dlv }, signal);
        const whole = await leadingWords(exe, held.core, dlv);
        expect(whole).not.to.be.empty;
        expect(await leadingWords(exe, out, dlv)).to.deep.equal(whole);
      });

      it('may be of a core that the kernel made', async function () {
        if (kernelRefuses !== undefined) return this.skip();
        const exe = await buildHung(go.path, folder, 'aborted');
        await check(exe, kernelCoreOf(exe, 'abort'));
      });

      it('may be of a program that is loaded anywhere', async () => {
        const exe = await buildHung(go.path, folder, 'pie', { flags: ['-buildmode=pie'] });
        await check(exe, coreOf(exe, go.version, 'helper'));
      });

      it('is refused of a stripped program, with what to do', async () => {
        const exe = await buildHung(go.path, folder, 'stripped', { flags: ['-ldflags=-s -w'] });
        await using held = await coreOf(exe, go.version, 'helper');
        const out = folder.file('none');
        const error = await rejectsWith(
          'undecided',
          slimCore({ exe, core: held.core, out, delve: dlv }, signal),
        );
        expect(error.hint).to.include('--keep-heap');
      });
    });
  }
});
