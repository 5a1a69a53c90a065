import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { captureHelper } from '../lab/capture/helper/method.js';
import { captureMethod } from '../lab/capture/index.js';
import type { CaptureMethod } from '../lab/capture/method.js';
import { readExecutable } from '../lab/core/executable.js';
import { poll } from '../lab/deadline.js';
import { observeHang } from '../lab/hang/observe.js';
import { autocannonDriver } from '../lab/load/autocannon.js';
import { blog } from '../lab/scenarios/blog.js';
import { localTarget } from '../lab/targets/local.js';
import { requireGo } from '../lab/toolchain/go.js';
import { ensureDelve } from '../lab/toolchain/index.js';
import { buildCaptured, capturedModule, pulseOf, startCaptured } from '../test/captured-program.js';
import { serve } from '../test/go-program.js';
import { type TempFolder, tempFolder } from '../test/temp-folder.js';
import { median } from './statistics.js';

/** Of each way; gdb's first, which the others are compared with. */
const rounds = Number(process.env['LAB_BENCH_ROUNDS'] ?? 3);
const ways: readonly { readonly name: string; readonly method: CaptureMethod; readonly aim?: number }[] = [
  { name: 'gcore', method: captureMethod('gcore') },
  { name: 'delve', method: captureMethod('delve') },
  { name: 'helper', method: captureHelper(), aim: 20 },
  { name: 'helper, read', method: captureHelper({ snapshot: 'read' }) },
  { name: 'helper, fork', method: captureHelper({ snapshot: 'fork' }), aim: 100 },
];

interface Subject extends AsyncDisposable {
  readonly title: string;
  readonly pid: number;
  pulse(): Promise<{ readonly ticks: number; readonly longestGapMs: number }>;
}

/**
 * For how long a process stands still while a core is taken of it, as the one who takes it says and as the process itself
 * notices: a ticker of a millisecond in it keeps the longest gap. Every way on the same process, by turns.
 */
export async function run(signal: AbortSignal): Promise<void> {
  const go = (await requireGo(localTarget(), signal)).path;
  await using folder = await tempFolder();
  const captured = await buildCaptured(folder, { go });
  const of = async (title: string, args: readonly string[]): Promise<Subject> => ({
    title,
    ...(await startCaptured(captured, folder, args)),
  });
  const subjects: readonly (() => Promise<Subject>)[] = [
    () => hungServer(go, folder, signal),
    () => of('100,000 goroutines', ['-goroutines=100000']),
    () => of('1 GB resident, 10 MB of it written all the time', ['-resident=1024', '-busy=10']),
  ];
  const { goVersion = '' } = await readExecutable(captured, signal);
  await ensureDelve({ goVersion, install: true }, signal);
  print('| program | way | stands still | longest gap inside | of gcore’s |');
  print('| --- | --- | --- | --- | --- |');
  for (const begin of subjects) {
    await using subject = await begin();
    const gaps = new Map<string, number[]>();
    const pauses = new Map<string, number[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, method } of ways) {
        const file = folder.file('core');
        const { pid } = subject;
        await anew(subject, signal);
        const { pausedMs } = await method.capture({ target: localTarget(), pid, file, goVersion }, signal);
        const { longestGapMs } = await subject.pulse();
        await rm(file);
        gaps.set(name, [...(gaps.get(name) ?? []), longestGapMs]);
        pauses.set(name, [...(pauses.get(name) ?? []), pausedMs]);
      }
    }
    const reference = median(gaps.get('gcore') ?? []);
    for (const { name, aim } of ways) {
      const gap = median(gaps.get(name) ?? []);
      const ratio = reference / gap;
      const mark = aim !== undefined && ratio < aim ? ` (!, 1/${aim} wanted)` : '';
      const share = name === 'gcore' ? '' : `1/${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)}${mark}`;
      print(`| ${subject.title} | ${name} | ${ms(median(pauses.get(name) ?? []))} | ${ms(gap)} | ${share} |`);
    }
  }
}

/** The article's server with the ticker of `captured`, after a load that made it hang. */
async function hungServer(go: string, folder: TempFolder, signal: AbortSignal): Promise<Subject> {
  const module = join(import.meta.dirname, '../../go-server');
  const exe = folder.file('blog');
  const overlay = folder.file('overlay.json');
  const added = { [join(module, blog.package, 'pulse.go')]: join(capturedModule, 'pulse.go') };
  await writeFile(overlay, JSON.stringify({ Replace: added }));
  const env = { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
  await execa(go, ['build', '-overlay', overlay, '-o', exe, `./${blog.package}`], { cwd: module, env });
  const pulseFile = folder.file('pulse');
  const argv = ['env', `PULSE=${pulseFile}`, exe, '--addr=127.0.0.1:0', '--pprof-addr='];
  const server = await serve(argv, folder, signal);
  const plan = {
    steps: [{ connections: 2_000, pipelining: 10, workers: 2 }],
    patienceMs: 3_500,
    durationMs: 30_000,
  };
  const { kind } = await observeHang({ ...server, driver: autocannonDriver, plan }, () => undefined, signal);
  if (kind !== 'hung') {
    await server[Symbol.asyncDispose]();
    throw new Error(`the article's server did not hang: ${kind}`);
  }
  return {
    title: 'the article’s server, hung',
    pid: server.process.identity.pid,
    pulse: () => pulseOf(pulseFile),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The ticker begins a new measurement, and has ticked since. */
async function anew(subject: Subject, signal: AbortSignal): Promise<void> {
  process.kill(subject.pid, 'SIGUSR1');
  const { ticks } = await subject.pulse();
  await poll(async () => (await subject.pulse()).ticks > ticks + 50 || undefined, {
    ...{ signal, deadlineMs: 30_000, everyMs: 5 },
  });
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const ms = (value: number) =>
  value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en')} ms`;
