import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { diagnosisSchema } from '../lab/analysis/model/diagnosis.js';
import { readExecutable } from '../lab/core/executable.js';
import { localTarget } from '../lab/targets/local.js';
import { requireGo } from '../lab/toolchain/go.js';
import { ensureDelve } from '../lab/toolchain/index.js';
import { type CrowdCore, crowdCore, interruptible } from './crowd.js';
import { byHand, type Files, grouping, pagedListing, type Taken } from './delve-peer.js';
import { median } from './statistics.js';

const sizes = (process.env['LAB_BENCH_SIZES'] ?? '10000,100000,1000000').split(',').map(Number);
/** For each peer at each size. */
const peerLimitMs = Number(process.env['LAB_BENCH_LIMIT_S'] ?? 240) * 1000;
/** Delve's unpaged answer for a million takes 7 GB and more. */
const maxPeerRss = Number(process.env['LAB_BENCH_MAX_GB'] ?? 10) * 1e9;
const rounds = 5;

/**
 * A core of a crowd of goroutines, read by the lab and by its peers in the same run: how long a bare read of
 * the file takes, the bulk pass, the whole diagnosis, and what others need for a mere list.
 */
export async function run(signal: AbortSignal): Promise<void> {
  const go = await requireGo(localTarget(), signal);
  const folder = await mkdtemp(join(tmpdir(), 'lab-crowd-'));
  try {
    for (const size of sizes) {
      const module = join(import.meta.dirname, '../../bench/go/crowd');
      await using crowd = await crowdCore({ go: go.path, module, folder, size }, signal);
      const { goVersion = '' } = await readExecutable(crowd.exe, signal);
      const { path: dlv } = await ensureDelve({ goVersion, install: true }, signal);
      await compare(crowd, { dlv, exe: crowd.exe, core: crowd.core }, signal);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(crowd: CrowdCore, files: Files, signal: AbortSignal): Promise<void> {
  print(`${crowd.size} goroutines, ${crowd.stuck} of them stuck`);
  const { cat, pass } = await passAndCat(files, signal);
  line('cat core > /dev/null', cat, '');
  line('bulk pass', pass, `${(pass / cat).toFixed(1)} times cat (may be 4)`);
  const full = await diagnose(crowd, files, signal);
  const right = full.victims === crowd.stuck - 1 && full.verdict === 'deadlock' ? 'right' : 'WRONG';
  line('whole diagnosis', full.ms, `${megabytes(full.rss)} with Delve; ${right}: ${full.victims} victims`);
  const against = (taken: Taken) => taken.kind === 'done' && `${(taken.ms / full.ms).toFixed(1)} times ours`;
  const peers = {
    "Delve's list, by 10,000": () => pagedListing(files, 10_000, peerLimitMs, signal),
    "Delve's grouping": () => grouping(files, peerLimitMs, signal),
    'nc and jq, as in the article': () => byHand(files, peerLimitMs, maxPeerRss, signal),
  };
  for (const [name, peer] of Object.entries(peers)) {
    const taken = await peer();
    if (taken.kind === 'not-done') print(`  ${name.padEnd(30)} ${taken.why}`);
    else {
      const notes = [against(taken), `Delve took ${megabytes(taken.rss)}`, taken.note].filter(Boolean);
      line(name, taken.ms, notes.join('; '));
    }
  }
}

/** By turns, so that both see the machine in the same mood; the first round only warms the page cache. */
async function passAndCat({ dlv, exe, core }: Files, signal: AbortSignal) {
  const cats: number[] = [];
  const passes: number[] = [];
  const script = join(import.meta.dirname, 'crowd-pass.js');
  for (let round = 0; round <= rounds; round++) {
    const cat = await timed(() => execa('cat', [core], { stdout: 'ignore', ...interruptible(signal) }));
    const { stdout } = await execa(process.execPath, [script, dlv, exe, core], interruptible(signal));
    if (round === 0) continue;
    cats.push(cat);
    passes.push(z.object({ ms: z.number() }).parse(JSON.parse(stdout)).ms);
  }
  return { cat: median(cats), pass: median(passes) };
}

/** `lab analyze --json` as a person runs it, in the middle of three. */
async function diagnose({ exe, core }: CrowdCore, { dlv }: Files, signal: AbortSignal) {
  const lab = join(import.meta.dirname, '../scripts/lab.js');
  const env = { PATH: `${dirname(dlv)}${delimiter}${process.env['PATH'] ?? ''}` };
  const seen: { ms: number; rss: number; victims: number; verdict: string }[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    const args = [lab, 'analyze', '--exe', exe, '--core', core, '--json'];
    const { stdout } = await execa(process.execPath, args, { env, reject: false, ...interruptible(signal) });
    const ms = performance.now() - began;
    const { verdict, findings, stats } = diagnosisSchema.parse(JSON.parse(stdout));
    const victims = findings[0]?.victims.goroutines ?? 0;
    seen.push({ ms, rss: stats.peakRssBytes, victims, verdict });
  }
  const [, middle] = seen.toSorted((a, b) => a.ms - b.ms);
  if (middle === undefined) throw new Error('nothing was diagnosed');
  return { ...middle, rss: Math.max(...seen.map(({ rss }) => rss)) };
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function line(name: string, ms: number, note: string): void {
  const time = ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
  print(`  ${name.padEnd(30)} ${time.padStart(9)}  ${note}`.trimEnd());
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
