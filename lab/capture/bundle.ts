import { z } from 'zod';

/** A captured hang: everything that `lab analyze` needs, with what proves that it belongs together. */
export const bundleSchema = z.object({
  /** Absolute path of the core file, mode 0600. */
  core: z.string(),
  /** Absolute path of the executable that the process ran. */
  exe: z.string(),
  method: z.enum(['gcore', 'kernel', 'delve', 'helper']),
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
  /** When that began, ISO 8601; absent in bundles of older versions. */
  takenAt: z.string().optional(),
  /** Where the kernel had written the core, on the target. */
  writtenTo: z.string().optional(),
});

/** Several cores of one process, as `lab capture --looks` prints and keeps them: the last one, with each in order. */
export type LooksBundle = Bundle & {
  readonly looks: readonly Pick<Bundle, 'core' | 'size' | 'pausedMs' | 'takenAt'>[];
};

export type Bundle = Readonly<z.infer<typeof bundleSchema>>;
