import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyze } from '../../lab/analysis/analyze.js';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { openSources } from '../../lab/analysis/read/open-sources.js';
import { strippedEngine } from '../../lab/analysis/read/stripped-engine.js';
import { checkPair } from '../../lab/core/elf.js';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { plainScreen } from '../fakes/screen.js';
import { goBuild } from '../go-build.js';
import { askedGos, goTools } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { expectSameFrames } from '../same-frames.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixtures = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go');
const { signal } = new AbortController();
/** Every Go at hand, and those of the module proxy that are asked for: see versions.cores.ts. */
const gos = [...(await goTools(signal)), ...(await askedGos())];
const hasGcore = (await execa('gcore', [], { reject: false })).code !== 'ENOENT';
const strippings = {
  '-s -w': ['-ldflags=-s -w'],
  '-w': ['-ldflags=-w'],
  'position independent': ['-buildmode=pie', '-ldflags=-s -w'],
  'without section headers': ['-ldflags=-s -w'],
};

async function build(go: string, module: string, exe: string, flags: readonly string[]): Promise<void> {
  await goBuild({ go, module: `${fixtures}/${module}`, exe, flags });
}

/** As `sstrip` does: the header says that there are no sections. */
async function dropSections(exe: string): Promise<void> {
  const bytes = await readFile(exe);
  bytes.fill(0, 40, 48);
  bytes.fill(0, 58, 64);
  await writeFile(exe, bytes, { mode: 0o755 });
}

const quiet = () => undefined;

/**
 * What is lost is proved, unless a dead variable on a live stack still leads to it: then it is suspected. Without a
 * proof there is no verdict.
 */
function expectVerdict({ verdict, scope, findings }: Diagnosis): void {
  const certainties = findings.map(({ certainty }) => certainty);
  expect(certainties).not.to.include('strong');
  expect({ verdict, scope }).to.deep.equal(
    certainties.includes('proved')
      ? { verdict: 'deadlock', scope: 'partial' }
      : { verdict: 'unknown', scope: null },
  );
}

for (const go of gos) {
  describe(`stripped programs of ${go.version}`, function () {
    this.timeout(120_000);
    let folder: TempFolder;

    before(async function () {
      if (!hasGcore) return this.skip();
      folder = await tempFolder();
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    async function diagnose(exe: string, situation: string, noSource = false): Promise<Diagnosis> {
      await using made = await coreOf(exe, go.version, 'gcore', [situation]);
      return diagnosisSchema.parse(await analyzeCore({ exe, core: made.core, noSource }, quiet, signal));
    }

    for (const [name, flags] of Object.entries(strippings)) {
      describe(name, () => {
        let exe: string;

        before(async () => {
          exe = folder.file(name.replaceAll(' ', ''));
          await build(go.path, 'channels', exe, flags);
          if (name === 'without section headers') await dropSections(exe);
        });

        it('show where a hang is', async () => {
          const diagnosis = await diagnose(exe, 'self-consumer');
          const { summary, process, groups, findings, objects, limits } = diagnosis;
          expectVerdict(diagnosis);
          expect(summary).to.match(/the only receiver of main\.depot\.in .* is itself blocked/);
          expect(process.goroutines).to.include({ user: 27 });
          const [most] = groups;
          expect(most).to.deep.include({ count: 25, waitReason: 'chan send' });
          expect(most?.userLocation).to.include({ function: 'main.(*depot).put', line: 16 });
          expect(most?.startLocation.function).to.equal('main.(*depot).put');
          expect(most?.goStatementLocation.function).to.equal('main.selfConsumer');
          const consumer = groups.find((g) => g.stack.some((f) => f.function === 'main.(*depot).unpack'));
          expect(consumer?.stack.find((f) => f.function === 'main.(*depot).put')?.inlined).to.equal(true);
          expect(diagnosis.userLocations[0]).to.deep.equal({
            ...{ function: 'main.(*depot).put', line: 16, count: 26 },
          });
          expect(objects?.[0]).to.deep.include({
            ...{ kind: 'channel', elemType: 'main.parcel', len: 4, cap: 4, closed: false },
            ...{ waiters: { send: 26, recv: 0 }, waiting: 26 },
          });
          expect(findings[0]).to.include({ subtype: 'channel' });
          expect(findings[0]?.rootCause.resources[0]?.name).to.equal('main.depot.in');
          expect(limits[0]).to.match(/no debug information.*Lost are/);
          const text = diagnosisText(diagnosis, plainScreen, { verbose: true });
          expect(text)
            .to.match(/Stacks of the program/)
            .and.to.match(/What goroutines wait for/);
        });

        it('prove what memory alone proves', async () => {
          const { verdict, scope, findings } = await diagnose(exe, 'nil-send', true);
          expect({ verdict, scope }).to.deep.equal({ verdict: 'deadlock', scope: 'partial' });
          expect(findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
            'nil-channel proved',
          ]);
        });
      });
    }

    it('are not accused when they work', async () => {
      const exe = folder.file('healthy');
      await build(go.path, 'healthy', exe, ['-ldflags=-s -w']);
      for (const program of ['http-server', 'worker-pool-idle', 'cond-queue']) {
        const { verdict, summary, findings, groups } = await diagnose(exe, program);
        expect(verdict, program).to.equal('unknown');
        expect(summary, program).to.match(/stripped.*unstripped executable of the same build/);
        expect(
          findings.filter(({ certainty }) => certainty !== 'suspected'),
          program,
        ).to.deep.equal([]);
        expect(groups.length, program).to.be.greaterThan(3);
      }
    });

    it('tell the state of locks, wait groups and condition variables, and who holds them', async () => {
      const exe = folder.file('locks');
      await build(go.path, 'locks', exe, ['-ldflags=-s -w']);
      const states = async (situation: string, rules: readonly string[]) => {
        const diagnosis = await diagnose(exe, situation);
        expectVerdict(diagnosis);
        const { findings, objects = [] } = diagnosis;
        expect(
          findings.map(({ rule }) => rule),
          situation,
        ).to.deep.equal(rules);
        return objects.map(({ kind, state }) => `${kind}: ${state}`).join('\n');
      };
      expect(await states('sleeping-holder', [])).to.match(/mutex: .* is locked, 5 wait/);
      // The holder knows the lock under another name.
      expect(await states('shared-pointer', [])).to.match(/mutex: .* is locked, 1 wait/);
      // Who has the inner lock is told by sources alone; that nobody is left who could give it back, by memory.
      expect(await states('ab-ba', ['unreachable-object'])).to.match(
        /mutex: .* is locked, 2 wait .*queued.*\nmutex: .* is locked, 1/,
      );
      expect(await states('rwr', ['read-write-read'])).to.match(/rwmutex: .*a writer waits for 1 reader /);
      expect(await states('miscount', ['waitgroup-misuse'])).to.match(/waitgroup: .*the counter 1; 1 wait/);
      expect(await states('lost-signal', ['lost-signal'])).to.match(
        /cond: .*1 wait has begun, 0 of them were notified/,
      );
    });

    it('say what was not found when their function table is damaged', async () => {
      const exe = folder.file('damaged');
      await build(go.path, 'channels', exe, ['-ldflags=-s -w']);
      await using made = await coreOf(exe, go.version, 'gcore', ['nil-send']);
      await dropSections(exe);
      const bytes = await readFile(exe);
      for (const magic of ['f0ffffff0000', 'f1ffffff0000']) {
        const start = Buffer.from(magic, 'hex');
        for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start)) bytes.fill(0, at, at + 4);
      }
      await writeFile(exe, bytes);
      const { verdict, groups, limits } = await analyzeCore({ exe, core: made.core }, quiet, signal);
      expect({ verdict, groups }).to.deep.equal({ verdict: 'unknown', groups: [] });
      expect(limits[0]).to.match(/function table was not found. No goroutine was counted/);
    });

    it('are read as Delve reads the same program with its debug information', async function () {
      const delve = await findDelve({ goVersion: go.version, install: false }, signal);
      if (delve === undefined) return this.skip();
      for (const module of ['channels', 'locks']) {
        const exe = folder.file(`${module}-full`);
        await build(go.path, module, exe, []);
        for (const situation of module === 'channels' ? ['leaked-sender'] : ['spawning']) {
          await using made = await coreOf(exe, go.version, 'gcore', [situation]);
          const { core } = made;
          const theirs = await analyzeCore({ exe, core, delve: delve.path }, quiet, signal);
          const pair = await checkPair(exe, core, signal);
          await using sources = openSources(pair, { exe }, quiet, signal);
          await using engine = strippedEngine(
            pair,
            { kind: 'stripped' },
            { members: false, roots: false, signal },
          );
          const ours = await analyze({ engine, sources, began: performance.now() }, {}, quiet, signal);
          expect(ours.process.goroutines, situation).to.deep.equal(theirs.process.goroutines);
          // Of those that run, Delve shows what their thread does, which may be the runtime's own work.
          // Those stand elsewhere in the list then, so the others have other numbers, and those of one size another order.
          // What becomes of them rests on more.
          const known = ({ groups }: Diagnosis) =>
            groups
              .filter(({ waitReason }) => waitReason !== '')
              .map(({ id, outlook, outlookReason, releasers, ...group }) => JSON.stringify(group))
              .sort();
          const differing = known(ours).filter((group) => !known(theirs).includes(group));
          expect(differing, situation).to.deep.equal([]);
          expect(known(ours), situation).to.deep.equal(known(theirs));
          await expectSameFrames(exe, core, delve.path);
        }
      }
    });
  });
}
