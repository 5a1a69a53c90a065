import { z } from 'zod';
import { LabError } from './errors.js';

/** One of several parts of a piece of work, from 1 on. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const most = 4_096;

export const shardSchema = z.object({ index: z.number().int(), count: z.number().int() });

/** Reads `2/4`; throws `usage`. */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= most) return { index, count };
  throw usage(
    `--shard takes the number of a part and of all parts, not ${JSON.stringify(text)}`,
    'for the second of four: --shard 2/4',
  );
}

/** Throws `usage` unless these are all parts of one whole, each once. */
export function requireWhole(
  parts: readonly { readonly name: string; readonly shard: Shard | null }[],
): void {
  const count = parts[0]?.shard?.count ?? 0;
  const seen = new Map<number, string>();
  for (const { name, shard } of parts) {
    if (shard === null) throw usage(`${name} is no part of a whole`, 'make the parts with --shard I/N');
    if (shard.count !== count)
      throw usage(
        `${name} is one of ${shard.count} parts, others are of ${count}`,
        'merge parts of one whole',
      );
    const other = seen.get(shard.index);
    if (other !== undefined)
      throw usage(`${other} and ${name} are both part ${shard.index}/${count}`, 'pass each part once');
    seen.set(shard.index, name);
  }
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !seen.has(index));
  if (missing.length > 0)
    throw usage(
      `part ${missing.join(', ')} of ${count} is missing`,
      `make it: --shard ${missing[0]}/${count}`,
    );
}

const usage = (message: string, hint: string) => new LabError(message, { code: 'usage', hint });
