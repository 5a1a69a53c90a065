import { LabError } from '../../errors.js';
import { type EvaluateGlobal, fieldsIn, type LayoutVariable } from '../fields.js';

/** Where a number lies in a struct, and its size in bytes. */
export interface Field {
  readonly offset: number;
  readonly size: number;
}

/**
 * How the runtime keeps its heap, taken from the binary's own debug information, or from its type descriptors and
 * what its variables hold (runtime/mheap.go, mfinal.go, mcleanup.go, runtime2.go, symtab.go).
 */
export interface HeapLayout {
  /** Array of `*mspan`. */
  readonly spans: { readonly base: number; readonly length: number };
  readonly span: {
    readonly size: number;
    readonly startAddr: Field;
    readonly pages: Field;
    readonly elemSize: Field;
    readonly objects: Field;
    readonly freeIndex: Field;
    readonly allocBits: Field;
    readonly specials: Field;
    readonly state: Field;
    readonly spanClass: Field;
  };
  readonly special: { readonly next: Field; readonly offset: Field; readonly kind: Field };
  /** `special.kind` of the memory profile's samples, which keep nothing alive; `undefined` when not known. */
  readonly profileKind: number | undefined;
  /** Writable parts of the program that may hold pointers. */
  readonly globals: readonly { readonly start: number; readonly end: number }[];
  /** Fields of `m`, and the first of the list of them. */
  readonly m: {
    readonly first: number;
    readonly next: number;
    readonly g0: number;
    readonly signalG: number;
    /** Its number, the goroutine that it runs, and how many of the runtime's locks it has; absent where that is not described. */
    readonly state?:
      | { readonly thread: number; readonly current: number; readonly locks: number }
      | undefined;
  };
  readonly syscallSp: number;
  /** Size of a `g` in bytes. */
  readonly gSize: number;
  /** Addresses of the lists of every `sync.Pool`, by which the runtime empties them: nobody else uses a pool by these. */
  readonly poolLists?: readonly number[];
  /**
   * Where a `g` has its first deferred call, and in that what is called and the next one; absent where the types of the
   * runtime are not described.
   */
  readonly deferred?: { readonly first: number; readonly call: number; readonly next: number } | undefined;
  /**
   * Blocks of finalizers and cleanups that are to be run: first block, and where in it the next one's address is,
   * if others follow.
   */
  readonly queued: readonly {
    readonly first: number;
    readonly next: number | undefined;
    readonly size: number;
  }[];
  /** Addresses in which the write barrier left pointers that mean nothing any more. */
  readonly barrierBuffers: readonly { readonly start: number; readonly end: number }[];
  /** Addresses of free pages that each processor has at hand: they are those of no object. Absent where that is not described. */
  readonly pageCaches?: readonly { readonly start: number; readonly end: number }[];
}

const sizes: Readonly<Record<string, number>> = {
  uint8: 1,
  bool: 1,
  'runtime.spanClass': 1,
  uint16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  uintptr: 8,
};

/** Throws `undecided` when the debug information does not describe the heap as it is known here. */
export async function readHeapLayout(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
  /** Finds the blocks where no variable tells them. */
  findQueued?: (spans: Pick<HeapLayout, 'spans' | 'span'>) => HeapLayout['queued'],
): Promise<HeapLayout> {
  const ask = (expression: string) => evaluate(expression, signal);
  const structAt = async (type: string) => fieldsOf(await ask(`*(*"${type}")(${at})`), at);
  const optional = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LabError && error.code === 'undecided') return undefined;
      throw error;
    }
  };
  // Side by side: Delve need not wait for us between two answers.
  const [allspans, mspan, special, m, g, firstM, profileKind, ranges, buffers, pages, deferred, pools] =
    await Promise.all([
      ask('runtime.mheap_.allspans'),
      structAt('runtime.mspan'),
      structAt('runtime.special'),
      structAt('runtime.m'),
      structAt('runtime.g'),
      ask('runtime.allm'),
      optional(async () => numberOf(await ask('runtime._KindSpecialProfile'))),
      globals(ask),
      optional(() => barrierBuffers(ask)),
      optional(() => pageCaches(ask)),
      optional(() => structAt('runtime._defer')),
      Promise.all(['sync.allPools', 'sync.oldPools'].map((name) => optional(() => ask(name)))),
    ]);
  const spans = { base: allspans.base, length: allspans.len };
  const span = spanLayout(mspan);
  return {
    spans,
    span,
    special: {
      next: need(special, 'next'),
      offset: need(special, 'offset'),
      kind: need(special, 'kind'),
    },
    profileKind,
    globals: ranges,
    m: {
      first: pointee(firstM),
      next: need(m, 'alllink').offset,
      g0: need(m, 'g0').offset,
      signalG: need(m, 'gsignal').offset,
      state: stateOf(m),
    },
    syscallSp: need(g, 'syscallsp').offset,
    gSize: Math.max(...[...g.values()].map(({ offset }) => offset)) + 8,
    poolLists: pools.flatMap((list) => (list === undefined || list.base === 0 ? [] : [list.base])),
    deferred: deferred && {
      first: need(g, '_defer').offset,
      call: need(deferred, 'fn').offset,
      next: need(deferred, 'link').offset,
    },
    queued: findQueued?.({ spans, span }) ?? (await queues(ask, structAt, optional)),
    barrierBuffers: buffers ?? [],
    pageCaches: pages ?? [],
  };
}

type Ask = (expression: string) => Promise<LayoutVariable>;
type StructAt = (type: string) => Promise<ReadonlyMap<string, Field>>;

async function queues(
  ask: Ask,
  structAt: StructAt,
  optional: <T>(work: () => Promise<T>) => Promise<T | undefined>,
): Promise<HeapLayout['queued']> {
  const queue = async (head: string, types: readonly string[], size: number) => {
    const first = await ask(head);
    for (const type of types) {
      const fields = await optional(() => structAt(type));
      const link = fields?.get('alllink') ?? fields?.get('cleanupBlockHeader.alllink');
      if (link !== undefined) return { first: pointee(first), next: link.offset, size };
    }
    throw unknown(types.join(' or '));
  };
  const finalizers = await queue('runtime.allfin', ['runtime.finBlock', 'runtime.finblock'], 4096);
  // Absent before Go 1.25.
  const cleanups = await optional(() => queue('runtime.gcCleanups.all.value', ['runtime.cleanupBlock'], 512));
  return cleanups === undefined ? [finalizers] : [finalizers, cleanups];
}

/** Throws `undecided` when a field is missing. */
export function spanLayout(span: ReadonlyMap<string, Field>): HeapLayout['span'] {
  return {
    size: Math.max(...[...span.values()].map(({ offset }) => offset)) + 8,
    startAddr: need(span, 'startAddr'),
    pages: need(span, 'npages'),
    elemSize: need(span, 'elemsize'),
    objects: need(span, 'nelems'),
    freeIndex: need(span, 'freeindex'),
    allocBits: need(span, 'allocBits'),
    specials: need(span, 'specials'),
    state: { offset: need(span, 'state').offset, size: 1 },
    spanClass: { offset: need(span, 'spanclass').offset, size: 1 },
  };
}

/** Fields of a struct with their sizes, nested ones with dots. */
export function fieldsOf(variable: LayoutVariable, at: number): ReadonlyMap<string, Field> {
  return new Map(
    [...fieldsIn(variable, at)].map(([name, { offset, type }]) => [name, { offset, size: sizes[type] ?? 8 }]),
  );
}

/** `data` and `bss` of each module; what the linker keeps apart as free of pointers is left out. */
async function globals(ask: Ask) {
  const out: { start: number; end: number }[] = [];
  const maxModules = 1000;
  let module = 'runtime.firstmoduledata';
  for (let i = 0; i < maxModules; i++) {
    const field = (name: string) => ask(`${module}.${name}`);
    const [data, edata, bss, ebss, link] = await Promise.all([
      field('data'),
      field('edata'),
      field('bss'),
      field('ebss'),
      field('next'),
    ]);
    out.push({ start: numberOf(data), end: numberOf(edata) }, { start: numberOf(bss), end: numberOf(ebss) });
    const next = pointee(link);
    if (next === 0) return out;
    module = `(*(*"runtime.moduledata")(${next}))`;
  }
  throw unknown('the list of modules');
}

function stateOf(m: ReadonlyMap<string, Field>): HeapLayout['m']['state'] {
  const [thread, current, locks] = ['procid', 'curg', 'locks'].map((name) => m.get(name)?.offset);
  return thread === undefined || current === undefined || locks === undefined
    ? undefined
    : { thread, current, locks };
}

async function barrierBuffers(ask: Ask) {
  const buffers = await ofProcessors(ask, 'wbBuf.buf');
  return buffers.map(({ addr, len }) => ({ start: addr, end: addr + len * 8 }));
}

async function pageCaches(ask: Ask) {
  const caches = await ofProcessors(ask, 'pcache');
  return caches.map(({ addr }) => ({ start: addr, end: addr + pageCacheBytes }));
}

async function ofProcessors(ask: Ask, field: string): Promise<LayoutVariable[]> {
  const processors = await ask('runtime.allp');
  return await Promise.all(
    Array.from({ length: processors.len }, (_, i) => ask(`runtime.allp[${i}].${field}`)),
  );
}

const pageCacheBytes = 24;

function need(fields: ReadonlyMap<string, Field>, name: string): Field {
  const field = fields.get(name);
  if (field === undefined) throw unknown(name);
  return field;
}

function numberOf({ value, name }: LayoutVariable): number {
  if (!/^\d+$/.test(value)) throw unknown(name);
  return Number(value);
}

/** Of a pointer variable: Delve gives the pointee as its only child. */
const pointee = ({ children, value }: LayoutVariable) => children[0]?.addr ?? (Number(value) || 0);

function unknown(what: string): LabError {
  return new LabError(
    `the executable's debug information does not describe ${what} of the Go runtime's heap`,
    {
      code: 'undecided',
      hint: 'Build the program without -ldflags=-s and -w.',
    },
  );
}
