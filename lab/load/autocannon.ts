import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { epochMs } from '../clock.js';
import { interrupted, messageOf } from '../errors.js';
import { type GeneratorCommand, reportSchema } from './autocannon-wire.js';
import type { LoadDriver, LoadEnd, LoadOptions, LoadSession } from './driver.js';
import type { LoadSample, LoadStep } from './sample.js';
import { createTally } from './tally.js';

const program = fileURLToPath(new URL('./autocannon-child.js', import.meta.url));
const graceMs = 1_000;

/**
 * Load by autocannon, `workers` processes of it. One process is bound by its own event loop at 20 to 25
 * thousand requests a second, which by itself does not keep a Go server's queues full.
 */
export const autocannonDriver: LoadDriver = { name: 'autocannon', open };

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the session share its processes and their end
async function open(
  options: LoadOptions,
  onSample: (sample: LoadSample) => void,
  signal: AbortSignal,
): Promise<LoadSession> {
  if (signal.aborted) throw interrupted(signal.reason);
  const tally = createTally();
  let step: LoadStep | undefined;
  let stopping = false;
  let settle: (end: LoadEnd) => void = () => {};
  const settled = new Promise<LoadEnd>((resolve) => {
    settle = resolve;
  });

  // All processes that the hardest step needs start at once: a step up then costs no start of Node.
  const size = Math.max(1, ...options.steps.map(({ workers }) => workers));
  const generators = Array.from({ length: size }, (_, part) => {
    const child = execa(process.execPath, [program], {
      stdin: 'pipe',
      buffer: { stdout: false },
      reject: false,
      forceKillAfterDelay: graceMs,
    });
    child.stdin.on('error', () => {}); // a generator that died tells so by its end
    const lines = createInterface({ input: child.stdout });
    const ready = new Promise<void>((resolve) => lines.once('line', () => resolve()));
    lines.on('line', (line) => {
      const parsed = reportSchema.safeParse(parseJson(line));
      if (!parsed.success) return;
      tally.update(part, parsed.data);
      if (parsed.data.gaveUp !== undefined) settle({ kind: 'bailed-out', message: parsed.data.gaveUp });
      const sample = step === undefined || stopping ? undefined : tally.sample(epochMs(), step);
      if (sample !== undefined) onSample(sample);
    });
    const gone = child.then((result) => {
      const how = result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
      const lastWords = result.stderr.trim().split('\n').at(-1) ?? '';
      const message = `the load generator ended with ${how}${lastWords === '' ? '' : `: ${lastWords}`}`;
      // The last line may still be on its way through the line reader.
      setImmediate(() => settle(stopping ? { kind: 'stopped' } : { kind: 'lost', pid: child.pid, message }));
    });
    return { child, gone, ready };
  });

  const stop = async (): Promise<void> => {
    stopping = true;
    signal.removeEventListener('abort', onAbort);
    for (const { child } of generators) child.kill('SIGTERM');
    await Promise.all(generators.map(({ gone }) => gone));
    settle({ kind: 'stopped' });
  };
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort, { once: true });
  // Half a generator is another load than the one that was asked for.
  const ended = settled.then(async (end) => {
    await stop();
    return end;
  });

  await Promise.race([ended, Promise.all(generators.map(({ ready }) => ready))]);
  return {
    pids: generators.flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])),
    ended,
    push(next) {
      step = next;
      for (const [part, connections] of shares(next.connections, next.workers).entries()) {
        const command: GeneratorCommand = {
          url: options.url,
          connections,
          pipelining: next.pipelining,
          requestTimeoutMs: options.requestTimeoutMs,
          maxFailures: options.maxFailures,
          maxDurationMs: options.maxDurationMs,
        };
        generators[part]?.child.stdin.write(`${JSON.stringify(command)}\n`);
      }
    },
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** `total` connections over `parts` processes, as evenly as whole numbers allow; none gets zero. */
export function shares(total: number, parts: number): readonly number[] {
  const count = Math.min(parts, total);
  return Array.from({ length: count }, (_, i) => Math.floor(total / count) + (i < total % count ? 1 : 0));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    return messageOf(error);
  }
}
