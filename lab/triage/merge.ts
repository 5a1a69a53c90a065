import { readJson } from '../json-file.js';
import { requireWhole } from '../shard.js';
import type { Input } from './find-inputs.js';
import { type Triage, triageOf, triageSchema } from './group.js';
import { causesOf, type TriageOptions } from './triage.js';

/**
 * Puts the parts of a triage together: what comes out is what one run over all of it prints. Examples of what has no cause
 * are looked at with their sources among `inputs`, those that are not there keep their stacks. Throws `usage` when a
 * part is missing.
 */
export async function mergeParts(
  files: readonly string[],
  inputs: readonly Input[],
  options: TriageOptions,
  signal: AbortSignal,
): Promise<Triage> {
  const parts: { name: string; shard: Triage['shard']; items: Triage['items'] }[] = [];
  for (const file of files) {
    const hint = 'make it: npx lab triage DIR --shard I/N --json > FILE';
    const { shard, items } = await readJson(file, triageSchema, hint);
    parts.push({ name: file, shard, items });
  }
  requireWhole(parts);
  const items = parts.flatMap((part) => part.items);
  return triageOf(items, await causesOf(items, inputs, options, signal));
}
