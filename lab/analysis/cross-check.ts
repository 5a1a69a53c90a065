import { readFile, stat } from 'node:fs/promises';
import type { CoreMemory } from '../core/memory.js';
import type { DelveClient } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import { type DelveGoroutine, listGoroutinesOut } from '../delve/wire.js';
import { readGoroutines } from '../goruntime/goroutines.js';
import type { RuntimeLayout } from '../goruntime/layout.js';

export interface CrossCheck {
  readonly compared: number;
  readonly mismatches: number;
}

const sample = 200;
/** A larger raw list is not parsed again: a sample of Delve's own pages does as well. */
const maxParsed = 64 * 1024 * 1024;

/** Compares what was read from memory with what Delve says about the same goroutines. */
export async function crossCheck(
  client: DelveClient,
  memory: CoreMemory,
  layout: RuntimeLayout,
  rawListFile: string | undefined,
  options: CallOptions,
): Promise<CrossCheck> {
  const theirs =
    (await fromFile(rawListFile)) ??
    (await client.listGoroutines({ start: 0, count: sample }, options)).Goroutines;
  const wanted = new Map(theirs.map((goroutine) => [goroutine.id, goroutine]));
  let compared = 0;
  let mismatches = 0;
  for (const ours of readGoroutines(memory, layout)) {
    const other = wanted.get(ours.id);
    if (other === undefined) continue;
    wanted.delete(ours.id);
    compared += 1;
    const same =
      other.status === ours.status && (ours.waitReason === '' || other.waitReason === ours.waitReasonNumber);
    if (!same) mismatches += 1;
    if (wanted.size === 0) break;
  }
  return { compared: compared + wanted.size, mismatches: mismatches + wanted.size };
}

async function fromFile(file: string | undefined): Promise<readonly DelveGoroutine[] | undefined> {
  if (file === undefined || (await stat(file)).size > maxParsed) return undefined;
  const answer: unknown = JSON.parse(await readFile(file, 'utf8'));
  const result =
    typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined;
  const parsed = listGoroutinesOut.safeParse(result);
  return parsed.success ? parsed.data.Goroutines : undefined;
}
