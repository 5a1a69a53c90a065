import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../json-file.js';

/** `episode.json` beside what was taken of one hang. Times are ISO 8601, UTC. */
export const episodeSchema = z.object({
  schema: z.literal('lab.episode/1'),
  service: z.string(),
  pid: z.number().int(),
  /** When the hang was seen, and when its core was taken. */
  at: z.string(),
  capturedAt: z.string().optional(),
  /** Why it was taken for a hang. */
  why: z.string(),
  /** How long the process stood still for the core, milliseconds. */
  pausedMs: z.number().optional(),
  verdict: z.enum(['deadlock', 'none', 'unknown']).optional(),
  fingerprint: z.string().optional(),
  summary: z.string().optional(),
  /** Why there is no core or no diagnosis. */
  failed: z.string().optional(),
  /** What was done then: `left`, `restarted`, or the command with its exit code. */
  afterwards: z.string().optional(),
});

export type Episode = z.infer<typeof episodeSchema>;

export const episodeFile = 'episode.json';

export interface StoredEpisode {
  readonly dir: string;
  readonly episode: Episode;
  /** Cores and executables, with their sizes on the disk. */
  readonly heavy: readonly { readonly path: string; readonly bytes: number }[];
}

/** Folders of hangs below a folder of watches, oldest first; other folders are none of them. */
export async function episodesIn(folder: string): Promise<readonly StoredEpisode[]> {
  const found: StoredEpisode[] = [];
  const walk = async (dir: string, depth: number): Promise<void> => {
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
    if (entries.some(({ name }) => name === episodeFile)) {
      const episode = await readJson(join(dir, episodeFile), episodeSchema).catch(() => undefined);
      if (episode !== undefined) found.push({ dir, episode, heavy: await heavyIn(dir) });
      return;
    }
    if (depth === 0) return;
    for (const entry of entries) if (entry.isDirectory()) await walk(join(dir, entry.name), depth - 1);
  };
  await walk(folder, 2);
  return found.sort((a, b) => (a.episode.at < b.episode.at ? -1 : 1));
}

async function heavyIn(dir: string): Promise<StoredEpisode['heavy']> {
  const names = (await readdir(dir)).filter((name) => /^core\.|^server$/.test(name));
  return await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      return { path, bytes: (await stat(path)).blocks * 512 };
    }),
  );
}

export interface Retention {
  /** Cores with their executables go after so long. */
  readonly coresMs: number;
  /** Diagnoses and all else go after so long. */
  readonly diagnosesMs: number;
  /** What all may take of the disk, bytes: the oldest cores go first, then the oldest diagnoses. */
  readonly bytes: number;
}

const day = 24 * 3_600_000;
export const defaultRetention: Retention = { coresMs: 7 * day, diagnosesMs: 90 * day, bytes: 2e9 };

/** Folders of hangs that were being looked at when a watch was killed. */
export async function removeUnconfirmed(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const dir = join(folder, entry.name);
    if (!entry.isDirectory() || !/^\d{4}-\d\d-\d\dT\d{6}-\d+$/.test(entry.name)) continue;
    if (!existsSync(join(dir, episodeFile))) await rm(dir, { recursive: true, force: true });
  }
}

export interface Aged {
  /** Cores and executables. */
  readonly files: readonly string[];
  /** Folders of hangs. */
  readonly episodes: readonly string[];
  /** What the files take of the disk. */
  readonly bytes: number;
}

/** What has come of age or takes too much room; a core always does so before the diagnosis beside it. */
export async function agedIn(folder: string, keep: Retention, now: number): Promise<Aged> {
  const stored = await episodesIn(folder);
  const ageOf = ({ episode }: StoredEpisode): number => now - Date.parse(episode.at);
  const gone = stored.filter((one) => ageOf(one) > keep.diagnosesMs);
  const left = stored.filter((one) => !gone.includes(one));
  let room = left.flatMap(({ heavy }) => heavy).reduce((sum, { bytes }) => sum + bytes, 0);
  const files: string[] = [];
  let freed = 0;
  for (const one of left) {
    if (ageOf(one) <= keep.coresMs && room <= keep.bytes) continue;
    for (const { path, bytes } of one.heavy) {
      room -= bytes;
      freed += bytes;
      files.push(path);
    }
  }
  return { files, episodes: gone.map(({ dir }) => dir), bytes: freed };
}

/** Removes it. */
export async function ageOut(folder: string, keep: Retention, now: number): Promise<Aged> {
  const old = await agedIn(folder, keep, now);
  for (const path of old.files) await rm(path, { force: true });
  for (const dir of old.episodes) await rm(dir, { recursive: true, force: true });
  return old;
}
