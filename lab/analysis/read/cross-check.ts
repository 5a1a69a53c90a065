import { randomInt } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { CoreMemory } from '../../core/memory.js';
import type { DelveClient } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import { type DelveGoroutine, listGoroutinesOut } from '../../delve/wire.js';
import { type RawGoroutine, readGoroutine, readGoroutines } from '../../goruntime/goroutines.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { isGone } from '../../goruntime/status.js';

export interface CrossCheck {
  readonly compared: number;
  readonly mismatches: number;
}

/** Delve reads a page from wherever it begins in `runtime.allgs`: a few goroutines here and there cost little. */
const pages = 20;
const perPage = 10;
/** A larger raw list is not parsed again: a sample of Delve's own pages does as well. */
const maxParsed = 64 * 1024 * 1024;

/**
 * Compares what was read from memory with what Delve says about the same goroutines: all of those in Delve's
 * raw list when there is one, else a random sample.
 */
export async function crossCheck(
  client: DelveClient,
  memory: CoreMemory,
  layout: RuntimeLayout,
  rawListFile: string | undefined,
  options: CallOptions,
): Promise<CrossCheck> {
  const all = await fromFile(rawListFile);
  if (all !== undefined) return compare(all, readGoroutines(memory, layout));
  const { length } = layout.allgs;
  const starts =
    length <= pages * perPage
      ? [0]
      : Array.from({ length: pages }, (_, i) => stratified(i, length - perPage));
  const count = length <= pages * perPage ? length : perPage;
  const checks = await Promise.all(
    starts.map(async (start) => {
      const page = await client.listGoroutines({ start, count }, options);
      return compare(page.Goroutines, from(start, memory, layout));
    }),
  );
  return {
    compared: checks.reduce((sum, check) => sum + check.compared, 0),
    mismatches: checks.reduce((sum, check) => sum + check.mismatches, 0),
  };
}

/** A random place in the `i`th of equal parts. */
function stratified(i: number, length: number): number {
  const from = Math.floor((length * i) / pages);
  return randomInt(from, Math.max(Math.floor((length * (i + 1)) / pages), from + 1));
}

function* from(start: number, memory: CoreMemory, layout: RuntimeLayout): Generator<RawGoroutine> {
  for (let i = start; i < layout.allgs.length; i++) {
    const address = memory.u64(layout.allgs.base + i * 8) ?? 0;
    const goroutine = address === 0 ? undefined : readGoroutine(memory, layout, address);
    if (goroutine !== undefined) yield goroutine;
  }
}

function compare(theirs: readonly DelveGoroutine[], ours: Iterable<RawGoroutine>): CrossCheck {
  const alive = theirs.filter(({ status }) => !isGone(status));
  const wanted = new Map(alive.map((goroutine) => [goroutine.id, goroutine]));
  let compared = 0;
  let mismatches = 0;
  if (wanted.size > 0) {
    for (const goroutine of ours) {
      const other = wanted.get(goroutine.id);
      if (other === undefined) continue;
      wanted.delete(goroutine.id);
      compared += 1;
      if (!isSame(goroutine, other)) mismatches += 1;
      if (wanted.size === 0) break;
    }
  }
  return { compared: compared + wanted.size, mismatches: mismatches + wanted.size };
}

/** For a goroutine on a thread Delve tells where that thread is, which may be the collector's work. */
export function isSame(ours: RawGoroutine, theirs: DelveGoroutine): boolean {
  if (theirs.status !== ours.status || theirs.goStatementLoc.pc !== ours.goPc) return false;
  if (ours.waitReason !== '' && theirs.waitReason !== ours.waitReasonNumber) return false;
  return theirs.threadID !== 0 || ours.pcs.length === 0 || theirs.currentLoc.pc === ours.pcs[0];
}

async function fromFile(file: string | undefined): Promise<readonly DelveGoroutine[] | undefined> {
  if (file === undefined || (await stat(file)).size > maxParsed) return undefined;
  const answer: unknown = JSON.parse(await readFile(file, 'utf8'));
  const result =
    typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined;
  const parsed = listGoroutinesOut.safeParse(result);
  return parsed.success ? parsed.data.Goroutines : undefined;
}
