import { z } from 'zod';

const bytes = z.number().int().nonnegative();

/** What became of the core, in bytes. */
export const keptOfCore = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('whole'), size: bytes }),
  z.object({
    kind: z.literal('slimmed'),
    size: z.object({ before: bytes, after: bytes }),
    kept: z.object({
      /** Used parts of goroutine stacks. */
      stacks: bytes,
      /** Objects of the heap that lead to others, and those that goroutines wait for. */
      objects: bytes,
      /** Package variables. */
      variables: bytes,
      /** The runtime's own tables, system stacks, what lies outside of Go's heap and is pointed at. */
      runtime: bytes,
      /** Registers of the threads and what the kernel told of the process. */
      notes: bytes,
    }),
    dropped: z.object({
      /** Pages that held nothing. */
      zeros: bytes,
      /** Code and constants: the executable has them. */
      executable: bytes,
      /** Strings, buffers, objects that nothing leads to, free memory, unused parts of stacks. */
      heap: bytes,
      other: bytes,
      /** Zeroed within what was kept, because it may be data. */
      data: bytes,
    }),
    /** Objects of the heap. */
    objects: z.object({ all: bytes, kept: bytes }),
    segments: z.number().int(),
  }),
]);

export type KeptOfCore = z.infer<typeof keptOfCore>;
