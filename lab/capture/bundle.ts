import { z } from 'zod';
import { captureChoices } from '../choices.js';
import { snapshotWays } from './helper/events.js';
import { keptOfCore } from './kept-of-core.js';

/** A captured hang: everything that `lab analyze` needs, with what proves that it belongs together. */
export const bundleSchema = z.object({
  /** Absolute path of the core file, mode 0600. */
  core: z.string(),
  /** Absolute path of the executable that the process ran. */
  exe: z.string(),
  method: z.enum(captureChoices),
  pid: z.number().int(),
  /** GNU build ID or Go build ID of the executable, as in its notes. */
  buildId: z.string(),
  goVersion: z.string(),
  sha256: z.object({ core: z.string(), exe: z.string() }).readonly(),
  /**
   * Bytes: as `ls -l` and as `du` count them, after holes were punched; `dense` is `du` before, `transferred` what
   * crossed the network to bring the core home.
   */
  size: z
    .object({
      apparent: z.number(),
      onDisk: z.number(),
      dense: z.number(),
      transferred: z.number().optional(),
    })
    .readonly(),
  /** How long the process stood still, milliseconds; of a kernel's core, how long it took to end. */
  pausedMs: z.number(),
  /** How the helper copied the memory; absent when something else took the core. */
  snapshot: z.enum(snapshotWays).optional(),
  /** When that began, ISO 8601; absent in bundles of older versions. */
  takenAt: z.string().optional(),
  /** Of `--slim`: the core has no data of the service, as far as can be told. Absent of a core that is whole. */
  slim: z
    .object({
      /** `slimmed` keeps what the analysis and Delve read; `scrubbed` has all memory, with zeros where there was data. */
      state: z.enum(['slimmed', 'scrubbed']),
      /** Whether data was taken out where the process runs, before anything was stored or sent. */
      scrubbedThere: z.boolean(),
      /** Why it was not slimmed. */
      why: z.string().optional(),
      /** What was kept and what was left out, bytes, as in kits. */
      core: keptOfCore.optional(),
    })
    .readonly()
    .optional(),
  /** Where the kernel had written the core, on the target. */
  writtenTo: z.string().optional(),
});

/** Several cores of one process, as `lab capture --looks` prints and keeps them: the last one, with each in order. */
export type LooksBundle = Bundle & {
  readonly looks: readonly Pick<Bundle, 'core' | 'size' | 'pausedMs' | 'takenAt'>[];
};

export type Bundle = Readonly<z.infer<typeof bundleSchema>>;
