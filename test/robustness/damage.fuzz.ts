import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readdir, truncate, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { archive, describedFile, kitManifest } from '../kit/archive.js';
import { randomFrom } from '../random.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { type Edit, noise, partsOf, type Range, zeros } from './damage.js';
import { below, oneOf, otherWord, type Random, variablesOf, wordEdit, wordsOf } from './damage-memory.js';
import { longestMs, type Outcome, openWorker, type Worker } from './fuzz-workers.js';
import { kept } from './kept-seeds.js';

const { signal } = new AbortController();
/** Another one with each day, unless it is named: what it finds is kept in `kept-seeds.ts`. */
const seed = Number(process.env['LAB_TEST_SEED'] ?? Math.floor(Date.now() / 86_400_000));
/** Of all kinds of damage together. */
const inputs = Number(process.env['LAB_TEST_INPUTS'] ?? 500);
const mostBytes = 512 * 1024 * 1024;
/** Delve is idle for much of an analysis. */
const workersAtOnce = 3;
/** Of all kinds together: on a busy machine fewer inputs are tried, and it is said how many. */
const budgetMs = 230_000;
/** Which part of it each kind may take. */
const partOf: Readonly<Record<string, number>> = {
  elf: 0.1,
  dwarf: 0.25,
  notes: 0.15,
  runtime: 0.22,
  memory: 0.18,
  kits: 0.05,
  dumps: 0.05,
};
const healthy = 'connection-pool';

interface Damage {
  readonly edits: readonly Edit[];
  /** The file ends here. */
  readonly size?: number;
}

describe('damage at random', function () {
  this.timeout(600_000);
  let folder: TempFolder;
  let delve: string;
  let taken: RealCore;
  let exe: string;
  let bare: string;
  let ofExe: Awaited<ReturnType<typeof partsOf>>;
  let ofCore: Awaited<ReturnType<typeof partsOf>>;

  before(async function () {
    const [go] = await goTools(signal);
    const found =
      go === undefined ? undefined : await findDelve({ goVersion: go.version, install: false }, signal);
    if (go === undefined || found === undefined) return this.skip();
    delve = found.path;
    folder = await tempFolder();
    [exe, bare] = [folder.file('server'), folder.file('bare')];
    await goBuild({ go: go.path, module: resolve(projectRoot, 'test/fixtures/go/healthy'), exe });
    await execa('objcopy', ['--strip-debug', exe, bare]);
    taken = await coreOf(exe, go.version, 'helper', [healthy]);
    [ofExe, ofCore] = [await partsOf(exe), await partsOf(taken.core)];
  });
  after(async () => {
    await taken?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Tries so many inputs, each made from a seed of its own, and says of each that broke a rule which seed that was. */
  async function tryAll(
    name: string,
    share: number,
    one: (random: Random, worker: number, run: Worker['run']) => Promise<Outcome>,
  ) {
    const first = kept[name] ?? [];
    const count = Math.max(first.length + 1, Math.round((share * inputs) / 500));
    const seeds = [
      ...first,
      ...Array.from({ length: count - first.length }, (_, i) => (seed * 1_000_003 + i) >>> 0),
    ];
    const broken: string[] = [];
    let peak = 0;
    const exits = new Map<number, number>();
    const ends = new Set<string>();
    let next = 0;
    const until = performance.now() + budgetMs * (partOf[name] ?? 0);
    await Promise.all(
      Array.from({ length: workersAtOnce }, async (_, worker) => {
        await using runner = openWorker();
        while (next < seeds.length && performance.now() < until) {
          const mine = seeds[next++] ?? 0;
          const outcome = await one(randomFrom(mine), worker, runner.run);
          const fault = faultOf(outcome);
          if (fault !== undefined) broken.push(`${name}, seed ${mine}: ${fault}`);
          if (outcome.kind === 'done') {
            peak = Math.max(peak, outcome.peakBytes);
            exits.set(outcome.exitCode, (exits.get(outcome.exitCode) ?? 0) + 1);
            ends.add(outcome.said);
          }
        }
      }),
    );
    const codes = [...exits].sort(([a], [b]) => a - b).map(([code, times]) => `${times} times ${code}`);
    console.log(
      `      ${next} of ${seeds.length} inputs, seed ${seed}: exit ${codes.join(', ')}; ${Math.round(peak / 1e6)} MB`,
    );
    expect(broken).to.deep.equal([]);
    expect(next, 'inputs that there was time for').to.be.above(seeds.length / 5);
    // A damage that the analysis never notices would test nothing.
    expect(ends.size, 'different ends').to.be.above(1);
  }

  function faultOf(outcome: Outcome): string | undefined {
    if (outcome.kind === 'hung') return `not done within ${longestMs / 1_000} s`;
    if (outcome.kind === 'died') return `the process died: ${outcome.how}`;
    const { exitCode, said, isDeadlock, peakBytes } = outcome;
    if (exitCode === 70) return `exit 70: ${said}`;
    if (isDeadlock) return 'a healthy program is called deadlocked';
    return peakBytes > mostBytes ? `${peakBytes} bytes of memory` : undefined;
  }

  /** Damages a worker's own copy of a file for one job, and repairs it. */
  async function damaged<T>(file: string, { edits, size }: Damage, work: () => Promise<T>): Promise<T> {
    const before: Edit[] = [];
    const whole = size === undefined ? undefined : folder.file(`whole-${file.replaceAll('/', '-')}`);
    if (whole !== undefined && size !== undefined) {
      await execa('cp', ['--sparse=always', '--', file, whole]);
      await truncate(file, size);
    } else {
      await using handle = await open(file, 'r+');
      for (const { at, bytes } of edits) {
        const old = Buffer.alloc(bytes.length);
        const { bytesRead } = await handle.read(old, 0, old.length, at);
        before.push({ at, bytes: old.subarray(0, bytesRead) });
        await handle.write(bytes.subarray(0, bytesRead), 0, bytesRead, at);
      }
    }
    try {
      return await work();
    } finally {
      if (whole !== undefined) await execa('mv', ['--', whole, file]);
      else {
        await using handle = await open(file, 'r+');
        for (const { at, bytes } of before.reverse()) await handle.write(bytes, 0, bytes.length, at);
      }
    }
  }

  async function copyFor(worker: number, from: string, name: string): Promise<string> {
    const file = folder.file(`${name}-${worker}`);
    if (!existsSync(file)) await execa('cp', ['--sparse=always', '--', from, file]);
    return file;
  }

  const somewhere =
    (ranges: readonly Range[]) =>
    (random: Random): Damage => {
      const range = oneOf(
        random,
        ranges.filter(({ size }) => size > 0),
      );
      if (random() < 0.1) return { edits: [zeros(range)] };
      return { edits: noise(range, 1 + below(random, 2 ** below(random, 12)), random) };
    };

  it('to an ELF file: headers, tables, sizes', async () => {
    const headers = ofExe.ranges.slice(0, 3);
    await tryAll('elf', 90, async (random, worker, run) => {
      const isCut = random() < 0.2;
      const damage = isCut ? { edits: [], size: below(random, ofExe.size) } : somewhere(headers)(random);
      const file = await copyFor(worker, exe, 'elf');
      return await damaged(file, damage, () =>
        run({ kind: 'analyze', exe: file, core: taken.core, delve, sources: false }),
      );
    });
  });

  it('to DWARF, the function table and build information', async () => {
    const sections = ofExe.ranges.filter(({ name }) =>
      /debug|pclntab|buildinfo|symtab|strtab|note/.test(name),
    );
    await tryAll('dwarf', 60, async (random, worker, run) => {
      const file = await copyFor(worker, exe, 'dwarf');
      const damage = somewhere(sections)(random);
      return await damaged(file, damage, () =>
        run({ kind: 'analyze', exe: file, core: taken.core, delve, sources: false }),
      );
    });
  });

  it('to the notes and the segments of a core', async () => {
    const notes = ofCore.segments
      .filter(({ type }) => type === 4)
      .map(({ offset, filesz }) => ({ name: 'notes', at: offset, size: filesz }));
    const [header, table] = ofCore.ranges;
    const ranges = [...notes, ...notes, ...notes, ...(header && table ? [header, table] : [])];
    await tryAll('notes', 60, async (random, worker, run) => {
      const core = await copyFor(worker, taken.core, 'core');
      const which = random() < 0.5 ? exe : bare;
      return await damaged(core, somewhere(ranges)(random), () =>
        run({ kind: 'analyze', exe: which, core, delve, sources: random() < 0.5 }),
      );
    });
  });

  it('to the runtime’s own variables and structures', async () => {
    const globals = await variablesOf(exe);
    const words = await wordsOf(taken.core, ofCore.segments, globals);
    await tryAll('runtime', 70, async (random, worker, run) => {
      const core = await copyFor(worker, taken.core, 'core');
      const edits = Array.from({ length: 1 + below(random, 2 ** below(random, 9)) }, () => {
        const { at, value } = oneOf(random, words);
        return wordEdit(at, otherWord(random, value, words));
      });
      const which = random() < 0.5 ? exe : bare;
      return await damaged(core, { edits }, () =>
        run({ kind: 'analyze', exe: which, core, delve, sources: random() < 0.5 }),
      );
    });
  });

  it('to memory', async () => {
    const heap = await wordsOf(taken.core, ofCore.segments, [{ start: 0xc0_0000_0000, end: 0xd0_0000_0000 }]);
    const rest = await wordsOf(taken.core, ofCore.segments, [
      { start: 0x7000_0000_0000, end: 0x8000_0000_0000 },
    ]);
    await tryAll('memory', 70, async (random, worker, run) => {
      const core = await copyFor(worker, taken.core, 'core');
      const words = random() < 0.5 ? heap : rest;
      const edits = Array.from({ length: 1 + below(random, 2 ** below(random, 11)) }, () => {
        const { at, value } = oneOf(random, words.length === 0 ? [...heap, ...rest] : words);
        return wordEdit(at, otherWord(random, value, heap.length === 0 ? rest : heap));
      });
      const which = random() < 0.5 ? exe : bare;
      return await damaged(core, { edits }, () =>
        run({ kind: 'analyze', exe: which, core, delve, sources: random() < 0.5 }),
      );
    });
  });

  it('to goroutine dumps', async () => {
    const program = execa(exe, [healthy], { reject: false, maxBuffer: 1 << 26 });
    await once(program.stdout, 'data');
    program.kill('SIGQUIT');
    const whole = Buffer.from((await program).stderr);
    await tryAll('dumps', 60, async (random, worker, run) => {
      const text = Buffer.from(whole);
      const range = { name: 'text', at: 0, size: text.length };
      for (const { at, bytes } of noise(range, 1 + below(random, 2 ** below(random, 10)), random))
        bytes.copy(text, at);
      const cut = random() < 0.4 ? text.subarray(0, below(random, text.length)) : text;
      const file = folder.file(`dump-${worker}`);
      await writeFile(file, random() < 0.2 ? gzipSync(cut).subarray(0, below(random, 4_000)) : cut);
      return await run({ kind: 'dump', file });
    });
  });

  it('to kits', async () => {
    const texts = {
      server: 'program '.repeat(500),
      'sources/a.go': 'package a',
      'core.1': 'x'.repeat(5_000),
    };
    const described = Object.entries(texts).map(([path, text]) => describedFile(path, text));
    const manifest = kitManifest(described);
    const honest = gunzipSync(
      await archive([
        { name: 'a-run/kit.json', text: manifest },
        ...Object.entries(texts).map(([path, text]) => ({ name: `a-run/${path}`, text })),
      ]),
    );
    await tryAll('kits', 90, async (random, worker, run) => {
      const kit = folder.file(`kit-${worker}`);
      const plain = Buffer.from(honest);
      const packed = random() < 0.3;
      const target = packed ? gzipSync(plain) : plain;
      const [from, size] = random() < 0.6 && !packed ? [0, 3_072] : [0, target.length];
      for (const { at, bytes } of noise(
        { at: from, size },
        1 + below(random, 2 ** below(random, 8)),
        random,
      )) {
        bytes.copy(target, at);
      }
      const bytes = packed ? target : gzipSync(target);
      await writeFile(kit, random() < 0.15 ? bytes.subarray(0, below(random, bytes.length)) : bytes);
      return await run({ kind: 'open', kit, dir: folder.file(`opened-${worker}`) });
    });
    expect((await readdir(folder.path)).filter((name) => /^(?:opened|\.kit)/.test(name))).to.deep.equal([]);
  });
});
