import { rm, stat } from 'node:fs/promises';
import type { KeptOfCore } from '../capture/kept-of-core.js';
import { PT_LOAD } from '../core/elf-format.js';
import { openCoreMemory } from '../core/memory.js';
import { checkPair } from '../core/pair.js';
import { launchDelveCore } from '../delve/launch.js';
import { LabError, messageOf, toLabError } from '../errors.js';
import { countPages } from './account.js';
import { exeParts, withoutUnchanged } from './exe-parts.js';
import { findNeededObjects } from './needed-objects.js';
import { type Layer, painter } from './paint.js';
import { collectRanges, contains } from './ranges.js';
import { readRuntime } from './read-runtime.js';
import { recordReads } from './recorder.js';
import { selectMemory } from './select.js';
import { wordRule } from './words.js';
import { writeCore } from './write-core.js';

export interface SlimRequest {
  readonly exe: string;
  readonly core: string;
  /** Path of the new core; it does not exist yet. */
  readonly out: string;
  /** Path of a dlv that fits the program. */
  readonly delve: string;
}

const startTimeoutMs = 60_000;
const callTimeoutMs = 120_000;

/**
 * Writes a core of the same process that holds what the analysis and Delve need, and as far as can be told no data of
 * the service: stacks, variables and objects that lead to others, of which only addresses and plain numbers stay (see
 * `wordRule`), and the runtime's tables. Returns what was kept and what was not.
 *
 * Throws `undecided` when the runtime is laid out in an unknown way or the executable is stripped.
 */
export async function slimCore(request: SlimRequest, signal: AbortSignal): Promise<KeptOfCore> {
  const { exe: exePath, core: corePath, out, delve } = request;
  const { exe, core } = await checkPair(exePath, corePath, signal);
  if (!exe.hasDebugInfo) throw cannot('the executable has no debug information');
  using memory = openCoreMemory(corePath, exePath);
  const recorder = recordReads(memory);
  const { registers } = core;
  await using session = await launchDelveCore(
    { dlv: delve, exe: exePath, core: corePath, startTimeoutMs },
    signal,
  );
  try {
    const call = { signal, timeoutMs: callTimeoutMs };
    const runtime = await readRuntime(session.client, { memory, tables: recorder.memory }, registers, call);
    const parts = await exeParts(exe, core, signal);
    const needed = await findNeededObjects(memory, registers, runtime, signal);
    const recorded = recorder.recorded();
    const chosen = await selectMemory({ core, memory, runtime, needed, exe: parts, recorded }, signal);
    const mapped = collectRanges();
    for (const { type, vaddr, memsz } of core.segments)
      if (type === PT_LOAD) mapped.add(vaddr, vaddr + memsz);
    // Code of libraries is in files alone.
    for (const { start, end } of core.mappedFiles) mapped.add(start, end);
    const inCore = mapped.finish();
    const isAddress = (value: number) =>
      value >= 4096 && (contains(inCore, value) || contains(parts.fromFile, value));
    const rule = wordRule(isAddress, (await stat(corePath)).mtimeMs);
    const { stacks, objects, variables, outside, exact, present, isHeap } = chosen;
    const layers: readonly Layer[] = [
      { ranges: outside, words: 'scrubbed' },
      { ranges: variables, words: 'scrubbed-variables' },
      { ranges: objects, words: 'scrubbed' },
      { ranges: stacks, words: 'scrubbed' },
      { ranges: exact, words: 'all' },
    ];
    const newPainter = () => painter(memory, layers, rule, parts.original);
    const { paint, scrubbed } = newPainter();
    const changed = await withoutUnchanged(present, parts, newPainter().paint, signal);
    const isExe = (address: number) => contains(parts.fromFile, address) || contains(parts.initial, address);
    const written = await writeCore({ core, out }, { present: changed, isExe }, paint, rule, signal);
    const kindOf = (address: number) =>
      contains(parts.fromFile, address) ? 'fromExe' : isHeap(address) ? 'heap' : 'other';
    const had = await countPages(core, kindOf, signal);
    return {
      kind: 'slimmed',
      size: { before: core.size.actual, after: written.bytes },
      kept: {
        stacks: stacks.bytes,
        objects: objects.bytes,
        variables: variables.bytes,
        runtime: outside.bytes + exact.bytes,
        notes: written.notes,
      },
      dropped: {
        zeros: had.zeros,
        executable: had.fromExe,
        heap: Math.max(0, had.heap - stacks.bytes - objects.bytes - needed.own.bytes),
        other: Math.max(0, had.other - variables.bytes - outside.bytes),
        data: scrubbed(),
      },
      objects: needed.counts,
      segments: written.segments,
    };
  } catch (error) {
    await rm(out, { force: true });
    const unknownLayout = error instanceof RangeError || toLabError(error).code === 'undecided';
    if (!unknownLayout || signal.aborted) throw error;
    throw cannot(messageOf(error), error);
  }
}

function cannot(why: string, cause?: unknown): LabError {
  return new LabError(`the core cannot be slimmed: ${why}`, {
    code: 'undecided',
    hint: 'pack it whole, with all data that the service had in memory: add --keep-heap',
    cause,
  });
}
