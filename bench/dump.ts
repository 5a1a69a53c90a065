import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { localTarget } from '../lab/targets/local.js';
import { requireGo } from '../lab/toolchain/go.js';
import { interruptible } from './crowd.js';
import { median } from './statistics.js';

const sizes = (process.env['LAB_BENCH_SIZES'] ?? '10000,100000,1000000').split(',').map(Number);
const rounds = 3;
const read = z.object({ ms: z.number(), rss: z.number(), goroutines: z.number(), stacks: z.number() });

/**
 * How long the traceback of a crowd of goroutines takes to read, in how much memory, beside `wc -l` and `grep -c` of
 * the same file in the same run.
 */
export async function run(signal: AbortSignal): Promise<void> {
  const go = await requireGo(localTarget(), signal);
  const folder = await mkdtemp(join(tmpdir(), 'lab-dump-'));
  try {
    const exe = join(folder, 'dump');
    const module = join(import.meta.dirname, '../../bench/go/dump');
    const env = { GOTOOLCHAIN: 'local', GOWORK: 'off' };
    await execa(go.path, ['build', '-trimpath', '-buildvcs=false', '-o', exe, '.'], { cwd: module, env });
    for (const size of sizes) {
      const file = join(folder, `${size}.txt`);
      await execa(exe, [String(size), file], interruptible(signal));
      await compare(file, size, signal);
      await rm(file);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By turns, so that all see the machine in the same mood; the first round only warms the page cache. */
async function compare(file: string, size: number, signal: AbortSignal): Promise<void> {
  const times = { wc: [] as number[], grep: [] as number[], ours: [] as number[] };
  const script = join(import.meta.dirname, 'dump-read.js');
  let last: z.infer<typeof read> | undefined;
  for (let round = 0; round <= rounds; round++) {
    const wc = await timed(() => execa('wc', ['-l', file], interruptible(signal)));
    const grep = await timed(() => execa('grep', ['-c', '^goroutine ', file], interruptible(signal)));
    const { stdout } = await execa(process.execPath, [script, file], interruptible(signal));
    last = read.parse(JSON.parse(stdout));
    if (round === 0) continue;
    times.wc.push(wc);
    times.grep.push(grep);
    times.ours.push(last.ms);
  }
  const bytes = (await stat(file)).size;
  const ours = median(times.ours);
  // The main goroutine wrote it.
  const right = last?.goroutines === size + 1 ? 'right' : `WRONG: ${last?.goroutines}`;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  process.stdout.write(
    [
      `${size} goroutines, ${(bytes / 1e6).toFixed(0)} MB`,
      `  wc -l    ${seconds(median(times.wc))}`,
      `  grep -c  ${seconds(median(times.grep))}`,
      `  read     ${seconds(ours)}  ${(ours / median(times.wc)).toFixed(0)} times wc, ${(bytes / 1e3 / ours).toFixed(0)} MB/s, ${((last?.rss ?? 0) / 1e6).toFixed(0)} MB of memory; ${right}, ${last?.stacks} stacks`,
      '',
    ].join('\n'),
  );
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
