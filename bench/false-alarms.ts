import { join } from 'node:path';
import { execa } from 'execa';
import { pause } from '../lab/deadline.js';
import { watchForHang } from '../lab/hang/observe.js';
import type { HangOutcome } from '../lab/hang/outcome.js';
import { buildGo, type Serving, serve } from '../test/go-program.js';

const trials = Number(process.env['LAB_BENCH_TRIALS'] ?? 5);
const watchMs = 4_000;

type Trouble = (server: Serving, signal: AbortSignal) => Promise<void>;

/** What happens to a healthy server, half a second after the watch began. */
const troubles: Readonly<Record<string, Trouble>> = {
  'stopped for 900 ms': async ({ process }, signal) => {
    await process.kill('SIGSTOP');
    await pause(900, signal);
    await process.kill('SIGCONT');
  },
  '2 s of garbage collection': async ({ url }, signal) => {
    await fetch(`${url}mood/gc`, { signal });
  },
  'two busy loops on its cores': async (_, signal) => {
    const loops = [0, 1].map(() => execa(process.execPath, ['-e', 'for (;;) {}'], { reject: false }));
    try {
      await pause(2_500, signal);
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
      await Promise.all(loops);
    }
  },
  'the lab itself standing still for 2 s': async () => {
    const end = performance.now() + 2_000;
    while (performance.now() < end);
  },
};

/** How often each kind of trouble is taken for a hang. */
export async function falseAlarms(signal: AbortSignal): Promise<void> {
  const module = join(import.meta.dirname, '../../test/fixtures/go/moody');
  await using program = await buildGo(module, '.');
  for (const [name, trouble] of Object.entries(troubles)) {
    const outcomes: HangOutcome['kind'][] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      await using server = await serve([program.exe], program.folder, signal);
      const watching = watchForHang({ ...server, maxMs: watchMs }, () => {}, signal);
      await pause(500, signal);
      await trouble(server, signal);
      outcomes.push((await watching).kind);
    }
    const alarms = outcomes.filter((kind) => kind !== 'no-hang');
    process.stdout.write(
      `false alarms, ${name}: ${alarms.length} of ${trials}${alarms.length === 0 ? '' : ` (${alarms.join(', ')})`}\n`,
    );
  }
}
