import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { writeJson } from '../json-file.js';
import type { DutyState } from './duty-state.js';
import { type Episode, episodeFile } from './folder.js';
import { type ChildLimits, runLab } from './lab-child.js';
import type { ServiceProcess } from './service.js';
import { pprofRoot } from './service-look.js';

export interface CatchOptions {
  /** Folder of the watch. */
  readonly folder: string;
  readonly service: string;
  /** A goroutine page of pprof, for light looks. */
  readonly goroutines: string | undefined;
  readonly maxPauseSeconds: number;
  readonly limits: ChildLimits;
}

/** What is taken of one hang: a folder with looks, a core, its executable and the diagnosis. */
export interface Catch {
  readonly dir: string;
  look(number: 1 | 2, state: DutyState, signal: AbortSignal): Promise<void>;
  /** It is a hang: from now on the folder counts as one. */
  confirm(): Promise<void>;
  /** It was none. */
  discard(): Promise<void>;
  /** Takes the core. What fails is told in the episode; throws `interrupted` alone. */
  take(process: ServiceProcess, signal: AbortSignal): Promise<Episode>;
  /** Diagnoses the core that was taken, with or without the process. Fails and throws as `take` does. */
  diagnose(signal: AbortSignal): Promise<Episode>;
  /** Saves what was done about it. */
  conclude(how: Pick<Episode, 'afterwards' | 'failed'>): Promise<Episode>;
}

const lookTimeoutMs = 2_000;

/** Begins the folder of a hang; `at` in milliseconds of the Unix epoch. */
export async function openCatch(
  options: CatchOptions,
  { pid, at, why }: { readonly pid: number; readonly at: number; readonly why: string },
): Promise<Catch> {
  const { folder, service, goroutines, maxPauseSeconds, limits } = options;
  const time = new Date(at).toISOString();
  const dir = join(folder, `${time.slice(0, 19).replaceAll(':', '')}-${pid}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  let bundled: z.infer<typeof bundleSchema> | undefined;
  let episode: Episode = { schema: 'lab.episode/1', service, pid, at: time, why };
  const save = async (more: Partial<Episode>): Promise<Episode> => {
    episode = { ...episode, ...more };
    await writeJson(join(dir, episodeFile), episode);
    return episode;
  };
  return {
    dir,
    async confirm() {
      await save({});
    },
    discard: async () => await rm(dir, { recursive: true, force: true }),
    async look(number, { host, service: told, detector }, signal) {
      await writeJson(join(dir, `look-${number}.json`), {
        ...{ host, service: told, stats: detector.stats.at(-1), probes: detector.probes.slice(-5) },
      });
      if (goroutines !== undefined)
        await page(
          `${pprofRoot(goroutines)}/debug/pprof/goroutine?debug=2`,
          join(dir, `look-${number}.txt`),
          signal,
        );
    },
    async take({ captureArguments }, signal) {
      const args = [
        'capture',
        ...captureArguments,
        '--slim',
        '--max-pause',
        String(maxPauseSeconds),
        '-o',
        dir,
      ];
      // Least priority would let the service stand still for as long as others compute.
      const taken = await runLab(args, { ...limits, hurry: true }, signal);
      if (taken.kind === 'failed') return await save({ failed: `no core: ${taken.why}` });
      const bundle = bundleSchema.safeParse(taken.document);
      if (!bundle.success)
        return await save({ failed: 'no core: what the capture printed is none of its results' });
      bundled = bundle.data;
      const { pausedMs, takenAt } = bundled;
      return await save({ pausedMs, ...(takenAt === undefined ? {} : { capturedAt: takenAt }) });
    },
    async diagnose(signal) {
      if (bundled === undefined) return await save({});
      const { core, exe } = bundled;
      const html = ['--html', join(dir, 'report.html')];
      const analysed = await runLab(['analyze', '--exe', exe, '--core', core, ...html], limits, signal);
      if (analysed.kind === 'failed') return await save({ failed: `no diagnosis: ${analysed.why}` });
      await writeJson(join(dir, 'diagnosis.json'), analysed.document);
      const said = diagnosisSchema.safeParse(analysed.document);
      return await save(said.success ? definedOf(said.data) : {});
    },
    conclude: async (how) => await save(how),
  };
}

const bundleSchema = z.looseObject({
  core: z.string(),
  exe: z.string(),
  pausedMs: z.number(),
  takenAt: z.string().optional(),
});

const diagnosisSchema = z.object({
  verdict: z.enum(['deadlock', 'none', 'unknown']),
  summary: z.string(),
  fingerprint: z.string().optional(),
});

const definedOf = ({ verdict, summary, fingerprint }: z.infer<typeof diagnosisSchema>): Partial<Episode> => ({
  ...{ verdict, summary },
  ...(fingerprint === undefined ? {} : { fingerprint }),
});

/** A page of a service that hangs may never end: what came of it is kept. */
async function page(url: string, file: string, signal: AbortSignal): Promise<void> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(lookTimeoutMs)]);
    const response = await fetch(url, { signal: limit });
    if (response.ok && response.body !== null)
      await pipeline(Readable.fromWeb(response.body), createWriteStream(file, { mode: 0o600 }), {
        signal: limit,
      });
  } catch (error) {
    signal.throwIfAborted();
    await writeFile(`${file}.failed`, `${messageOf(error)}\n`, { mode: 0o600 });
  }
}
