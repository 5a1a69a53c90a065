import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { arm64Build, arm64CoreOf } from '../arm64-core.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { expectSameFrames, expectWholeStacks } from '../same-frames.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixtures = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go');
const { signal } = new AbortController();
const [go] = await goTools(signal);

const programs = {
  'with debug information': {
    flags: [],
    hung: {
      channels: ['self-consumer', 'ring', 'early-return', 'nil-send'],
      locks: ['double-lock', 'ab-ba', 'rwr', 'miscount', 'lost-signal'],
      reach: ['lost-pair'],
    },
    healthy: {
      channels: ['request-reply'],
      locks: ['sleeping-holder'],
      reach: ['runner-has-it'],
      healthy: ['http-server', 'worker-pool-busy', 'deep-recursion', 'cond-queue'],
    },
  },
  stripped: {
    flags: ['-ldflags=-s -w'],
    hung: { channels: ['self-consumer', 'nil-send'], locks: ['ab-ba', 'lost-signal'], reach: ['lost-pair'] },
    healthy: { locks: ['sleeping-holder'], healthy: ['http-server', 'worker-pool-idle'] },
  },
} as const;

/** What a diagnosis comes to, whatever the addresses and ids; `sure` is told apart no further (sure.ts). */
const gist = ({ verdict, scope, findings }: Diagnosis) => ({
  verdict,
  scope,
  findings: findings.map(({ rule, subtype, certainty, rootCause, victims }) => ({
    ...{ rule, subtype, sure: isSure({ certainty }), victims: victims.goroutines },
    resources: rootCause.resources.map(({ kind, name }) => `${kind} ${name}`).sort(),
    goroutines: rootCause.goroutines.map(({ userLocation: at }) => `${at.function}:${at.line}`).sort(),
  })),
});

/** Stacks of the goroutines that the program has started and that wait: the functions of each, and how many have it. */
const stacks = ({ groups }: Diagnosis) =>
  groups
    .filter(
      ({ waitReason, startLocation }) => waitReason !== '' && startLocation.function.startsWith('main.'),
    )
    .map(({ count, waitReason, stack }) => {
      const frames = stack.map(({ function: name, line }) =>
        name.startsWith('main.') ? `${name}:${line}` : name,
      );
      return `${count} ${waitReason}: ${frames.join(' ')}`;
    })
    .sort();

for (const [kind, { flags, hung, healthy }] of Object.entries(programs)) {
  describe(`programs of arm64 ${kind}`, function () {
    this.timeout(180_000);
    let folder: TempFolder;
    let dlv: string;
    const built = new Map<string, Promise<string>>();

    before(async function () {
      const found = go && (await findDelve({ goVersion: go.version, install: false }, signal));
      if (found === undefined) return this.skip();
      dlv = found.path;
      folder = await tempFolder();
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    function program(fixture: string, arch: 'amd64' | 'arm64'): Promise<string> {
      const exe = folder.file(`${fixture}-${arch}`);
      const env = arch === 'arm64' ? arm64Build : { ...arm64Build, GOARCH: 'amd64' };
      const building =
        built.get(exe) ??
        goBuild({ go: go?.path ?? '', module: resolve(fixtures, fixture), exe, flags, env }).then(() => exe);
      built.set(exe, building);
      return building;
    }

    const onArm64 = async (fixture: string, situation: string) =>
      await arm64CoreOf({
        exe: await program(fixture, 'arm64'),
        args: [situation],
        ready: async (said) => said.includes('ready'),
      });

    async function diagnosed(fixture: string, situation: string): Promise<Diagnosis> {
      await using taken = await onArm64(fixture, situation);
      const exe = await program(fixture, 'arm64');
      const diagnosis = await analyzeCore({ exe, core: taken.core, delve: dlv }, () => undefined, signal);
      expect(diagnosis.process.arch).to.equal('arm64');
      if (kind !== 'stripped') {
        // Delve of any processor reads it, and agrees.
        expect(diagnosis.stats).to.include({ engine: 'core-reader', crossCheckMismatches: 0 });
        expect(diagnosis.stats.crossChecked).to.be.greaterThan(3);
        expect(diagnosis.limits.filter((limit) => /Delve/.test(limit))).to.deep.equal([]);
      }
      return diagnosis;
    }

    async function twin(fixture: string, situation: string): Promise<Diagnosis> {
      const exe = await program(fixture, 'amd64');
      await using taken = await coreOf(exe, go?.version ?? '', 'helper', [situation]);
      return await analyzeCore({ exe, core: taken.core, delve: dlv }, () => undefined, signal);
    }

    for (const [fixture, situations] of Object.entries(hung)) {
      for (const situation of situations) {
        it(`show why they hang: ${situation} of ${fixture}`, async () => {
          let theirs = await twin(fixture, situation);
          let ours = await diagnosed(fixture, situation);
          // A program under qemu may be slow to come to its end, and a word that was left on some stack of either may look
          // like a pointer: then memory proves nothing, of that core.
          for (let more = 2; more > 0 && !isDeepStrictEqual(gist(ours), gist(theirs)); more -= 1) {
            theirs = await twin(fixture, situation);
            ours = await diagnosed(fixture, situation);
          }
          expect(ours.findings, 'findings').not.to.deep.equal([]);
          expect(gist(ours)).to.deep.equal(gist(theirs));
          expect(stacks(ours)).to.deep.equal(stacks(theirs));
        });
      }
    }

    for (const [fixture, situations] of Object.entries(healthy)) {
      for (const situation of situations) {
        it(`are not accused when they work: ${situation} of ${fixture}`, async () => {
          const { verdict, summary, findings, groups } = await diagnosed(fixture, situation);
          const alarms = findings.filter(({ certainty }) => certainty !== 'suspected');
          expect(alarms.map(({ explanation }) => explanation)).to.deep.equal([]);
          // Delve loses its way below a goroutine that was stopped while it ran.
          const isCutOff = /the stack of goroutine \d+ could not be read to its end/.test(summary);
          expect(verdict, summary).to.equal(kind === 'stripped' || isCutOff ? 'unknown' : 'none');
          expect(groups.filter(({ stack }) => stack.length > 0).length).to.be.greaterThan(3);
        });
      }
    }

    if (kind !== 'stripped') {
      it('have stacks that end where their debug information says', async () => {
        await using taken = await onArm64('channels', 'self-consumer');
        await expectSameFrames(await program('channels', 'arm64'), taken.core, dlv);
      });

      it('have whole stacks where a signal has stopped them anywhere', async () => {
        await using taken = await onArm64('busy', 'busy');
        await expectWholeStacks(await program('busy', 'arm64'), taken.core);
      });
    }
  });
}
