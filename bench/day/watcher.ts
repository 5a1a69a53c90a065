import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { episodesIn, type StoredEpisode } from '../../lab/watch/folder.js';
import type { Service } from './service.js';

/** The command `lab watch` over one service, as a user starts it. Disposing it ends it. */
export interface Watcher extends AsyncDisposable {
  /** All that it said, a line each. */
  readonly lines: readonly string[];
  readonly folder: string;
  /** What it costs: CPU time so far and memory, of the watch alone. */
  took(): Promise<{ readonly cpuS: number; readonly rssBytes: number; readonly wallS: number }>;
  /** Waits for a line after the first `from`; `undefined` when it does not come in time. */
  said(text: RegExp, from: number, withinMs: number, signal: AbortSignal): Promise<string | undefined>;
  caught(): Promise<readonly StoredEpisode[]>;
}

export const probeTimeoutMs = 2_000;
const ticksPerS = 100;

export async function openWatcher(service: Service, folder: string): Promise<Watcher> {
  const lab = join(projectRoot, 'dist/scripts/lab.js');
  const { path } = service.build();
  const args = ['watch', '--unit', service.name, '--probe', `${service.origin}${path}`, '-o', folder];
  const bounds = ['--captures-per-day', '1000', '--disk', '1', '--then', 'restart'];
  const child = execa(process.execPath, [lab, ...args, ...bounds], {
    ...{ reject: false, stdin: 'ignore', stdout: 'ignore', cleanup: false },
    // As the unit in docs/watch.md has it.
    env: { NO_COLOR: '1', MALLOC_ARENA_MAX: '1', PATH: `${service.programs}:${process.env['PATH']}` },
  });
  const began = performance.now();
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  return {
    ...{ lines, folder },
    async took() {
      const wallS = (performance.now() - began) / 1_000;
      const stat = await readFile(`/proc/${child.pid}/stat`, 'latin1').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const status = await readFile(`/proc/${child.pid}/status`, 'latin1').catch(() => '');
      const rssBytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1_024;
      return { cpuS: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerS, rssBytes, wallS };
    },
    async said(text, from, withinMs, signal) {
      const seen = () => {
        const found = lines.slice(from).find((line) => text.test(line));
        if (found === undefined && child.exitCode !== null)
          throw new Error(`lab watch ended: ${lines.join('\n')}`);
        return found;
      };
      return await poll(seen, { signal, deadlineMs: withinMs, everyMs: 50 });
    },
    caught: async () => await episodesIn(folder),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** The diagnosis beside an episode; `undefined` where there is none. */
export async function diagnosisIn(dir: string) {
  const text = await readFile(join(dir, 'diagnosis.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : diagnosisSchema.parse(JSON.parse(text));
}
