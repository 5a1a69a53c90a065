import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { poll } from '../../lab/deadline.js';
import { goServerFolder } from '../../lab/paths.js';
import { diagnoseTogether } from '../../lab/several/together.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { startLab } from '../lab-process.js';
import { isSure } from '../sure.js';
import { take } from '../taking-helper.js';
import { tempFolder } from '../temp-folder.js';
import { type Siblings, startSiblings } from './siblings.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
/** How often each Go hangs. */
const rounds = Number(process.env['LAB_TEST_ROUNDS'] ?? 1);

describe('warehouses that ask each other', function () {
  this.timeout(180_000 + rounds * 60_000);
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  before(async () => {
    folder = await tempFolder();
  });
  after(() => folder?.[Symbol.asyncDispose]());

  async function build(go: { path: string; version: string }, tags: readonly string[] = []): Promise<string> {
    const dir = folder.file([go.version, ...tags].join('-'));
    await mkdir(dir, { recursive: true });
    const exe = join(dir, 'server');
    const flags = tags.length === 0 ? [] : ['-tags', tags.join(',')];
    await goBuild({ go: go.path, module: goServerFolder, package: './warehouses', exe, flags });
    return exe;
  }

  async function coresOf({ pids }: Siblings): Promise<string[]> {
    const cores: string[] = [];
    for (const pid of pids) {
      const core = folder.file(`core.${pid}`);
      await take(pid, core);
      cores.push(core);
    }
    return cores;
  }

  async function together(exe: string, cores: readonly string[]): Promise<Diagnosis> {
    const looked = [];
    for (const core of cores) {
      const files = { exe, core, network: true, onRoster: () => {} };
      const diagnosis = await analyzeCore(files, () => {}, signal);
      looked.push({ name: core, pid: undefined, taken: new Date(), diagnosis });
    }
    await Promise.all(cores.map((core) => rm(core)));
    return diagnosisSchema.parse(diagnoseTogether(looked));
  }

  /** A hang that is a second old: what the clock of a request's arrival does not resolve is left open. */
  async function hang(siblings: Siblings): Promise<void> {
    await siblings.shipRound();
    await siblings.parked('main.(*Warehouse).Receive', 1);
    const second = Math.floor(Date.now() / 1_000);
    await poll(() => Math.floor(Date.now() / 1_000) > second || undefined, {
      ...{ signal, deadlineMs: 5_000, everyMs: 20 },
    });
    for (const i of siblings.pids.keys()) siblings.askStock(i);
  }

  for (const go of gos) {
    describe(`built with ${go.version}`, () => {
      it('are found in their cores together, and in none alone', async () => {
        const exe = await build(go);
        for (let round = 0; round < rounds; round++) {
          await using siblings = await startSiblings(exe);
          await hang(siblings);
          const diagnosis = await together(exe, await coresOf(siblings));
          expect(diagnosis.verdict, JSON.stringify(diagnosis.findings)).to.equal('deadlock');
          const [finding, ...more] = diagnosis.findings;
          expect(more).to.deep.equal([]);
          expect(finding).to.include({ rule: 'across-processes', certainty: 'strong', class: 'resource' });
          expect(finding?.instances?.map(({ instance }) => instance)).to.have.members(['I1', 'I2']);
          const locks = finding?.rootCause.resources.filter(({ kind }) => kind === 'mutex') ?? [];
          expect(locks.map(({ name }) => name)).to.deep.equal(['main.Warehouse.mu', 'main.Warehouse.mu']);
          for (const one of diagnosis.instances ?? []) expect(one.diagnosis.verdict).to.equal('none');
        }
      });

      it('are not accused when they give the lock back before they ask', async () => {
        const exe = await build(go, ['fixed']);
        for (let round = 0; round < rounds; round++) {
          await using siblings = await startSiblings(exe);
          await siblings.shipRound();
          await using work = siblings.keepShipping();
          await poll(() => work.answered() > 50 || undefined, { signal, deadlineMs: 30_000, everyMs: 10 });
          const cores = await coresOf(siblings);
          const diagnosis = await together(exe, cores);
          expect(diagnosis.findings.filter(isSure)).to.deep.equal([]);
          expect(diagnosis.findings.map(({ rule }) => rule)).to.not.include('across-processes');
        }
      });
    });
  }

  const [go] = gos;
  if (go === undefined) return;

  it('are not accused when a deadline ends their requests', async () => {
    for (const one of gos) {
      const exe = await build(one);
      await using siblings = await startSiblings(exe, { flags: ['-patience=10m'] });
      await hang(siblings);
      const diagnosis = await together(exe, await coresOf(siblings));
      expect(diagnosis).to.deep.include({ verdict: 'none', findings: [] });
      expect(diagnosis.slow?.[0]?.text).to.match(
        /^I1: until a deadline ends it, 2 processes wait for each other/,
      );
    }
  });

  it('are only suspected when a request ends with whoever asked for it', async () => {
    for (const one of gos) {
      const exe = await build(one);
      await using siblings = await startSiblings(exe, { flags: ['-give-up'] });
      await hang(siblings);
      const { verdict, findings } = await together(exe, await coresOf(siblings));
      expect(verdict).to.equal('unknown');
      expect(findings.map(({ rule, certainty }) => [rule, certainty])).to.deep.equal([
        ['across-processes', 'suspected'],
      ]);
      expect(findings[0]?.evidence.at(-1)?.text).to.match(/Not excluded: .* when the context of its request/);
    }
  });

  it('are told by one command, with executables by their builds, three in a ring', async () => {
    const [exe, fixed] = [await build(go), await build(go, ['fixed'])];
    await using siblings = await startSiblings(exe, { count: 3 });
    await hang(siblings);
    const cores = await coresOf(siblings);
    const named = cores.flatMap((core) => ['--core', core]);
    const [page, picture, profile] = ['page.html', 'graph.svg', 'groups.pb.gz'].map(folder.file);
    const files = ['--html', page, '--svg', picture, '--pprof', profile].map(String);
    const lab = startLab(['analyze', '--exe', fixed, '--exe', exe, ...named, ...files, '--json']);
    const { exitCode, stdout, stderr } = await lab.ended;
    expect(exitCode, stderr).to.equal(1);
    const { findings, instances } = diagnosisSchema.parse(JSON.parse(stdout));
    expect(findings.map(({ rule }) => rule)).to.deep.equal(['across-processes']);
    expect(findings[0]?.instances).to.have.length(3);
    expect(instances?.map(({ name, pid }) => [name, pid])).to.deep.equal(
      cores.map((core, i) => [core, siblings.pids[i]]),
    );

    for (const file of [page, picture, profile])
      expect((await stat(String(file))).size, file).to.be.greaterThan(1_000);
    expect(await readFile(String(picture), 'utf8')).to.contain('I3: goroutine');

    // One of them alone waits for a process that nobody has looked at.
    const two = startLab(['analyze', '--exe', exe, ...named.slice(0, 4), '--json']);
    const ended = await two.ended;
    expect(ended.exitCode, ended.stderr).to.equal(0);
    expect(diagnosisSchema.parse(JSON.parse(ended.stdout)).findings).to.deep.equal([]);
  });
});
