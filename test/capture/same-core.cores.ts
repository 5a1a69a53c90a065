import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { gcore } from '../../lab/capture/gcore.js';
import { poll } from '../../lab/deadline.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goroutines, stacks } from '../as-debuggers-show.js';
import { buildCaptured, type CapturedBuild, startCaptured, tracesOf } from '../captured-program.js';
import { hasGcc } from '../go-build-env.js';
import { askedGos, goTools } from '../hung-program.js';
import { comparePages } from '../same-memory.js';
import { sparseGdb } from '../sparse-gdb.js';
import { take, takeStream } from '../taking-helper.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

const everyWay = ['auto', 'read', 'fork', 'stream'] as const;

interface Case extends CapturedBuild {
  readonly name: string;
  readonly go: string;
  readonly version: string;
  readonly args?: readonly string[];
  /** Ways to take it; all of them unless named. */
  readonly ways?: readonly (typeof everyWay)[number][];
  /** Stripped programs are nothing that Delve reads. */
  readonly isStripped?: boolean;
}

const gos = [...(await goTools(signal)), ...(await askedGos())];
const plain: readonly Case[] = gos.map(({ path, version }) => ({ name: version, go: path, version }));
const [first] = gos;
const kinds: readonly Omit<Case, 'go' | 'version'>[] = [
  // Debuggers take half a minute for each core of it.
  { name: '500 threads', args: ['-threads=500'], ways: ['auto', 'fork'] },
  { name: 'no debug information', flags: ['-ldflags=-s -w'], isStripped: true },
  { name: 'a position-independent program', flags: ['-buildmode=pie'] },
  ...(hasGcc
    ? [
        { name: 'C code', flags: ['-tags=withc'] },
        {
          name: 'a static position-independent program',
          flags: ['-buildmode=pie', '-tags=withc', '-ldflags=-linkmode=external -extldflags=-static-pie'],
        },
        { name: 'the race detector', flags: ['-race'] },
      ]
    : []),
];
const cases: readonly Case[] = [
  ...plain,
  ...(first === undefined ? [] : kinds.map((kind) => ({ ...kind, go: first.path, version: first.version }))),
];

/** Until every thread has been reached by the signal. */
async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const look = async () =>
    (await tracesOf(pid)).stopped.length === (await readdir(`/proc/${pid}/task`)).length || undefined;
  expect(await poll(look, { signal, deadlineMs: 10_000, everyMs: 5 })).to.equal(true);
}

/** Without what tells of the analysis, or of the file, and not of the process. gdb notes no arguments of a command. */
function told({ stats: _, ...rest }: Diagnosis, core: string): readonly string[] {
  const text = JSON.stringify(rest, null, 1).replaceAll(core, 'CORE');
  return text
    .replaceAll(/(?<=command \S+?)(?: -\S+)+(?=, process)/g, '')
    .replaceAll(/(?<="function": "runtime\.futex",\n +"file": "[^"]*",\n +"line": )\d+/g, '0')
    .split('\n');
}

/** The first lines that are not the same. */
function difference(one: readonly string[], other: readonly string[]): string {
  const at = one.findIndex((line, i) => line !== other[i]);
  return at < 0 && one.length === other.length
    ? ''
    : `${one.slice(at, at + 4)} is ${other.slice(at, at + 4)}`;
}

describe('a core that the helper takes is the same as gdb’s', function () {
  this.timeout(300_000);

  for (const one of cases) {
    const { name, go, version, flags = [], args = [], ways = everyWay, isStripped = false } = one;
    it(`of a program with ${name}`, async function () {
      const delve = await findDelve({ goVersion: version, install: false }, signal);
      const gdb = await execa('gdb', ['--version'], { reject: false });
      if (delve === undefined || gdb.exitCode !== 0) return this.skip();
      await using folder = await tempFolder();
      const exe = await buildCaptured(folder, { go, flags });
      const argv = ['-resident=30', '-goroutines=50', ...args];
      // Else the kernel notes on which processor each thread last ran, in the thread's memory.
      const env = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' };
      await using program = await startCaptured(exe, folder, argv, env);
      const { pid } = program;
      await standStill(pid);
      const reference = folder.file('core.gdb');
      await gcore.capture({ target: await sparseGdb(), pid, file: reference, goVersion: version }, signal);
      const expected = {
        stacks: await stacks(exe, reference),
        goroutines: isStripped ? '' : await goroutines(delve.path, exe, reference, folder),
        diagnosis: told(
          await analyzeCore({ exe, core: reference, delve: delve.path }, () => undefined, signal),
          reference,
        ),
      };
      expect(Object.keys(expected.stacks).length).to.be.greaterThan(3);

      for (const way of ways) {
        const core = folder.file(`core.${way}`);
        const taken =
          way === 'stream'
            ? await takeStream(pid, (entry) => (entry === 'core' ? core : folder.file(`stream.${entry}`)))
            : await take(pid, core, `--snapshot=${way}`);
        expect(taken.snapshot, way).to.equal(
          { auto: 'tracked', read: 'read', fork: 'fork', stream: 'read' }[way],
        );
        expect(taken.notes, way).to.deep.equal([]);
        expect(await comparePages(pid, reference, core), way).to.be.greaterThan(7_000);
        expect(await stacks(exe, core), way).to.deep.equal(expected.stacks);
        if (!isStripped)
          expect(await goroutines(delve.path, exe, core, folder), way).to.equal(expected.goroutines);
        const diagnosis = await analyzeCore({ exe, core, delve: delve.path }, () => undefined, signal);
        expect(difference(told(diagnosis, core), expected.diagnosis), way).to.equal('');
      }
      if (ways.includes('stream'))
        expect(await readFile(folder.file('stream.server'))).to.deep.equal(await readFile(exe));
      expect(/^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]).to.equal('T');
    });
  }
});
