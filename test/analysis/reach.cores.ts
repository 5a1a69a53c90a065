import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { readExecutable } from '../../lab/core/executable.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixture = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go/reach');
const { signal } = new AbortController();
const gos = await goTools(signal);
const hasGcore = (await execa('gcore', [], { reject: false })).code !== 'ENOENT';

interface Expected {
  readonly class: string;
  readonly subtype: string;
  readonly goroutines: number;
  readonly victims?: number;
}

/** What memory alone proves, with no source at hand. */
const lost: Readonly<Record<string, Expected>> = {
  'late-answers': { class: 'communication', subtype: 'channel', goroutines: 24 },
  'own-lock': { class: 'resource', subtype: 'double-lock', goroutines: 8 },
  'group-short': { class: 'mixed', subtype: 'waitgroup-misuse', goroutines: 8 },
  'left-over': { class: 'communication', subtype: 'channel', goroutines: 1 },
  'no-signal': { class: 'communication', subtype: 'condvar', goroutines: 8 },
};

/** Ways by which an object can still be reached; none of these goroutines is lost. */
const kept = [
  'finalizer',
  'queued-finalizer',
  'after-func',
  'long-chain',
  'os-signal',
  'sleeper-has-it',
  'runner-has-it',
  'deferred-has-it',
  'stack-has-it',
  'map-has-it',
  'ticking',
  'main-waits',
];

/** Since Go 1.24. */
const keptByCleanup = 'queued-cleanup';
const keptIn = (version: string) =>
  Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 24 ? [...kept, keptByCleanup] : kept;

const proved = ({ findings }: Diagnosis) => findings.filter(({ certainty }) => certainty === 'proved');

function expectProof(diagnosis: Diagnosis, { goroutines, ...expected }: Expected): void {
  expect(diagnosis.verdict).to.equal('deadlock');
  const [finding, ...others] = proved(diagnosis);
  expect(others, 'one story, told once').to.deep.equal([]);
  expect(finding).to.include({ rule: 'unreachable-object', ...expected });
  const count = /^(?:Goroutine|(\d+) goroutines)/.exec(finding?.explanation ?? '')?.[1] ?? '1';
  expect(Number(count)).to.equal(goroutines);
  expect(finding?.evidence.some(({ kind }) => kind === 'reachability')).to.equal(true);
}

/** And it was looked at. */
function expectNothing(diagnosis: Diagnosis): void {
  expect(proved(diagnosis)).to.deep.equal([]);
  expect(diagnosis.limits.filter((line) => /^What live goroutines/.test(line))).to.deep.equal([]);
}

for (const go of gos) {
  describe(`what live goroutines reach, in cores of ${go.version}`, function () {
    this.timeout(120_000);
    let folder: TempFolder;
    let exe: string;
    let dlv: string;

    before(async function () {
      const found = await findDelve({ goVersion: go.version }, signal);
      if (found === undefined) return this.skip(); // no Delve for this Go
      if (!hasGcore) return this.skip(); // needs gcore
      dlv = found.path;
      folder = await tempFolder();
      exe = folder.file('reach');
      await goBuild({ go: go.path, module: fixture, exe });
    });

    after(async () => {
      await folder?.[Symbol.asyncDispose]();
    });

    async function diagnose(situation: string, noSource: boolean): Promise<Diagnosis> {
      const { goVersion = '' } = await readExecutable(exe, signal);
      await using seen = await coreOf(exe, goVersion, 'gcore', [situation]);
      return await analyzeCore({ exe, core: seen.core, delve: dlv, noSource }, () => undefined, signal);
    }

    for (const [situation, expected] of Object.entries(lost)) {
      it(`proves "${situation}" without any source`, async () =>
        expectProof(await diagnose(situation, true), expected));
    }

    it('proves a pair that waits for one another, and who waits for it', async () => {
      const found = proved(await diagnose('lost-pair', true));
      const places = found.flatMap(({ rootCause }) =>
        rootCause.goroutines.map((g) => g.userLocation.function),
      );
      expect(places).to.have.members([
        'main.lostPair.func1',
        'main.lostPair.func1.1',
        'main.lostPair.func1.2',
      ]);
    });

    it('tells those that were left behind by their story where there are sources, as proved', async () => {
      const { findings } = await diagnose('own-lock', false);
      expect(findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
        'double-lock proved',
      ]);
    });

    it('needs the sources where a package variable still leads to the channel', async () => {
      const without = await diagnose('package-queue', true);
      expect(without.verdict).to.equal('unknown');
      const { findings } = await diagnose('package-queue', false);
      expect(findings[0]).to.include({ class: 'communication', subtype: 'channel', certainty: 'strong' });
      expect(findings[0]?.rootCause.resources[0]?.name).to.equal('main.queue');
      const reach = findings[0]?.evidence.find(({ kind }) => kind === 'reachability');
      expect(reach?.text).to.match(/^Live goroutines can still reach main\.queue/);
    });

    for (const situation of keptIn(go.version)) {
      it(`proves nothing of "${situation}"`, async () => expectNothing(await diagnose(situation, true)));
    }

    it('finds nothing in a worker for which there is no more work', async () => {
      const { verdict, findings, groups } = await diagnose('idle-worker', false);
      expect({ verdict, findings }).to.deep.equal({ verdict: 'none', findings: [] });
      const worker = groups.find(({ stack }) => stack.some((frame) => frame.function === 'main.serve'));
      expect(worker?.outlook).to.equal('idle');
    });
  });

  describe(`what live goroutines reach in stripped programs of ${go.version}`, function () {
    this.timeout(120_000);
    let folder: TempFolder;
    let exe: string;

    before(async function () {
      if (!hasGcore) return this.skip(); // needs gcore
      folder = await tempFolder();
      exe = folder.file('reach');
      await goBuild({ go: go.path, module: fixture, exe, flags: ['-ldflags=-s -w'] });
    });

    after(async () => {
      await folder?.[Symbol.asyncDispose]();
    });

    async function diagnose(situation: string, noSource = true): Promise<Diagnosis> {
      await using seen = await coreOf(exe, go.version, 'gcore', [situation]);
      return await analyzeCore({ exe, core: seen.core, noSource }, () => undefined, signal);
    }

    for (const [situation, expected] of Object.entries(lost)) {
      it(`proves "${situation}" without any source`, async () =>
        expectProof(await diagnose(situation), expected));
    }

    it('proves what the sources tell the story of, and says what that rests on', async () => {
      const diagnosis = await diagnose('own-lock', false);
      const [finding, ...others] = proved(diagnosis);
      expect(others).to.deep.equal([]);
      expect(finding).to.include({ rule: 'double-lock' });
      expect(finding?.explanation).to.match(/proved by memory; how it came about/);
    });

    it('proves what it can of goroutines that are alike where something still leads to one of them', async () => {
      const { verdict, findings } = await diagnose('own-lock-listed', false);
      expect(verdict).to.equal('deadlock');
      const found = findings.map(({ rule, certainty }) => `${rule} ${certainty}`);
      expect(found).to.deep.equal(['double-lock proved', 'double-lock suspected']);
    });

    for (const situation of [...keptIn(go.version), 'package-queue']) {
      it(`proves nothing of "${situation}"`, async () => expectNothing(await diagnose(situation)));
    }
  });
}
