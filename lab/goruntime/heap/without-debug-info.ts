import type { BulkMemory } from '../../core/memory.js';
import type { AddressRange } from '../../core/program-image.js';
import { LabError } from '../../errors.js';
import type { LayoutVariable } from '../fields.js';
import type { RuntimeLayout } from '../layout.js';
import type { ModuleData } from '../module-data.js';
import { notFound, nothing, type WithoutDebugInfo } from '../without-debug-info.js';
import { findAllm } from './find-allm.js';
import { findQueued } from './find-queued.js';
import { findAllSpans } from './find-spans.js';
import { fieldsOf, type HeapLayout, readHeapLayout, spanLayout } from './layout.js';
import { readSpans } from './spans.js';

export interface StrippedHeap {
  readonly memory: BulkMemory;
  readonly known: WithoutDebugInfo;
  readonly runtime: RuntimeLayout;
  readonly module: ModuleData;
  /** All variables of the program, those that hold no pointers for the garbage collector too. */
  readonly writable: readonly AddressRange[];
  readonly goVersion: string | undefined;
}

/**
 * The first and the last minor version of Go whose queues of finalizers and cleanups are laid out as `findQueued`
 * knows them: of these alone the program describes nothing.
 */
const knownVersions = { first: 18, last: 27 } as const;

/**
 * As `readHeapLayout`, of a program without debug information. Throws `undecided` when something is not found: what
 * is missing among the roots would make a proof of what is none.
 */
export async function findHeapLayout(heap: StrippedHeap, signal: AbortSignal): Promise<HeapLayout> {
  const { memory, known, runtime, module, writable, goVersion } = heap;
  const minor = Number(/\bgo1\.(\d+)/.exec(goVersion ?? '')?.[1]);
  if (!(minor >= knownVersions.first && minor <= knownVersions.last)) {
    throw undecided(
      `the heap of ${goVersion ?? 'an unknown version of Go'} is not known without debug information`,
    );
  }
  const at = runtime.allgs.base;
  const answer = async (expression: string): Promise<LayoutVariable | undefined> => {
    const processor = /^runtime\.allp\[(\d+)\]\.wbBuf\.buf$/.exec(expression);
    if (processor !== null) return barrierBuffer(known, Number(processor[1]));
    const cache = /^runtime\.allp\[(\d+)\]\.pcache$/.exec(expression);
    if (cache !== null) return pageCache(known, Number(cache[1]));
    const bound = /^runtime\.firstmoduledata\.(e?)(data|bss)$/.exec(expression);
    if (bound !== null) {
      const range = module.variables[bound[2] === 'data' ? 0 : 1];
      return { ...nothing, value: String(bound[1] === '' ? range?.start : range?.end) };
    }
    switch (expression) {
      case 'runtime.mheap_.allspans': {
        const fields = fieldsOf(await known.evaluate(`*(*"runtime.mspan")(${at})`, signal), at);
        const list = findAllSpans(memory, writable, spanLayout(fields));
        return list === undefined ? undefined : { ...nothing, base: list.base, len: list.length };
      }
      case 'runtime.allm': {
        const first = firstThread(heap);
        return first === undefined ? undefined : { ...nothing, value: String(first) };
      }
      case 'runtime.firstmoduledata.next': {
        if (known.fieldsOf('runtime.moduledata')?.has('next') !== true) return undefined;
        const next = await known.evaluate(expression, signal);
        if (next.value !== '0')
          throw undecided('variables of plugins are not known without debug information');
        return next;
      }
      case 'runtime.allp': {
        const list = known.processors();
        return list === undefined ? undefined : { ...nothing, len: list.length };
      }
      default:
        return known.evaluate(expression, signal);
    }
  };
  const evaluate = async (expression: string) => {
    signal.throwIfAborted();
    const found = await answer(expression);
    if (found === undefined) throw notFound(expression);
    return found;
  };
  return readHeapLayout(evaluate, at, signal, (table) => {
    const { objectAt } = readSpans(memory, table, signal);
    const code = { start: module.text, end: module.textEnd };
    return findQueued({ memory, variables: writable, code, isInHeap: (address) => objectAt(address) >= 0 });
  });
}

/** `undefined` where the processors are not known either, as they tell threads that must be among all. */
function firstThread({ memory, known, runtime, module }: StrippedHeap): number | undefined {
  const [m, g, p] = ['m', 'g', 'p'].map((name) => known.fieldsOf(`runtime.${name}`));
  const processors = known.processors();
  const thread = p?.get('m');
  if (m === undefined || g === undefined || thread === undefined || processors === undefined)
    return undefined;
  const threads = processors.map((address) => memory.u64(address + thread) ?? 0).filter((at) => at !== 0);
  return findAllm({ memory, runtime, variables: module.variables, m, g, known: threads });
}

function barrierBuffer({ structs, processors }: WithoutDebugInfo, i: number): LayoutVariable | undefined {
  const buffer = structs('runtime.p')?.fields.find(({ name }) => name === 'wbBuf');
  const field = buffer?.struct?.fields.find(({ name }) => name === 'buf');
  const length = /^\[(\d+)\]uintptr$/.exec(field?.type ?? '')?.[1];
  const address = processors()?.[i];
  if (buffer === undefined || field === undefined || length === undefined || address === undefined)
    return undefined;
  return { ...nothing, addr: address + buffer.offset + field.offset, len: Number(length) };
}

function pageCache({ structs, processors }: WithoutDebugInfo, i: number): LayoutVariable | undefined {
  const cache = structs('runtime.p')?.fields.find(({ name }) => name === 'pcache');
  const address = processors()?.[i];
  return cache && address !== undefined ? { ...nothing, addr: address + cache.offset } : undefined;
}

function undecided(what: string): LabError {
  return new LabError(what, {
    code: 'undecided',
    hint: 'Pass the unstripped executable of the same build with --exe.',
  });
}
