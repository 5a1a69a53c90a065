import { z } from 'zod';
import { keptOfCore } from '../capture/kept-of-core.js';

const bytes = z.number().int().nonnegative();

/** The end of the year 9999: no file system keeps a later time. */
const latestMs = 253_402_300_799_000;

const file = z.object({
  /** Relative, with forward slashes. */
  path: z.string(),
  size: bytes,
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mode: z.number().int(),
  /** Milliseconds since 1970: the analysis compares the times of sources and executable. */
  mtimeMs: z.number().min(0).max(latestMs),
});

export const manifestName = 'kit.json';

/** `kit.json`, the first file of a kit: what is in it, and what it takes to look at it. */
export const manifestSchema = z.object({
  schema: z.literal('lab.kit/1'),
  name: z.string(),
  /** ISO 8601, UTC. */
  created: z.string(),
  scenario: z.string(),
  fixed: z.boolean(),
  verdict: z.string(),
  buildId: z.string(),
  /** With which the program was built, and the kit made and checked. */
  versions: z.object({ go: z.string(), delve: z.string(), lab: z.string() }),
  core: keptOfCore,
  /** Every file of the kit but this one. */
  files: z.array(file).max(100_000),
  /** Files of the run that are not in the kit. */
  leftOut: z.array(z.string()),
  lesson: z.string().nullable(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type KitFile = z.infer<typeof file>;

/** The paths of a kit's executable and core. */
export function pairOf({ files }: Manifest): {
  readonly exe: string | undefined;
  readonly core: string | undefined;
} {
  const core = files.find(({ path }) => /^core\.\d+$/.test(path))?.path;
  const exe = files.find(({ path, mode }) => !path.includes('/') && (mode & 0o111) !== 0)?.path;
  return { exe, core };
}
