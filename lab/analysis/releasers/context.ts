import type { Entry, OperationClass } from '../../source/facts.js';
import type { AnsweredClass, Sources } from '../../source/sources.js';
import type { ReleaseEvidence, Releaser } from '../graph/releaser.js';
import type { Locator } from '../model/locator.js';
import type { Bucket, Signature, Snapshot } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import type { Meaning, Meanings } from './meaning.js';

/** What a search knows. Goroutines of the runtime are left out. */
export interface SearchContext {
  readonly snapshot: Snapshot;
  readonly buckets: readonly Bucket[];
  readonly sources: Sources;
  /** Who waits for each object. */
  readonly waiting: ReadonlyMap<WaitObject, readonly Bucket[]>;
  /** Place of a signature's stack in what the sources were told. */
  stackOf(signature: Signature): number;
  bucketsOf(stack: number): readonly Bucket[];
  /** Some goroutine of the program runs, or is woken from outside. */
  readonly someoneLives: boolean;
  readonly channels: Locator;
  /** Absent where the program's sync types could not be read. */
  readonly syncObjects?: Locator | undefined;
}

/** What all searches of one kind have in common: the sources are not all here, or a stack could not be read. */
export function blindSpots({ sources, snapshot }: SearchContext): Releaser[] {
  const out: Releaser[] = [];
  if (sources.absent !== undefined) out.push({ kind: 'open', why: sources.absent, blind: true });
  for (const file of sources.missing.slice(0, 1)) {
    out.push({ kind: 'open', why: `the source of ${file} was not found`, blind: true });
  }
  for (const why of sources.unseen.slice(0, 1)) out.push({ kind: 'open', why, blind: true });
  for (const { partial, system, exampleIds } of snapshot.signatures) {
    if (partial !== true || system) continue;
    const why = `the stack of goroutine ${exampleIds[0]} could not be read to its end`;
    out.push({ kind: 'open', why, blind: true });
    break;
  }
  return out;
}

/** Where the helper failed at the question who could end these waits. */
export function unansweredBy({ unanswered }: AnsweredClass): Releaser[] {
  return unanswered === undefined ? [] : [{ kind: 'open', why: unanswered, blind: true }];
}

/** Ways in for code that is on no stack. */
export const openEntry = (entry: Entry, behind: readonly string[]): Releaser => ({
  kind: 'open',
  why: entry.line === 0 ? entry.why : `${entry.why} (${entry.file}:${entry.line})`,
  blind: false,
  ...(behind.length === 0 ? {} : { behind }),
});

/** Who stands in the gates of a class, by object: whoever comes anew waits behind them. */
export interface GateKeepers {
  behind(gates: readonly number[] | null | undefined, address: number): readonly string[];
}

export function gateKeepers(
  { gates }: Pick<OperationClass, 'gates'>,
  meanings: ReadonlyMap<number, Meanings>,
  bucketsOf: (stack: number) => readonly Bucket[],
): GateKeepers {
  const byId = new Map(gates.map((gate) => [gate.id, gate]));
  return {
    behind(ids, address) {
      const out = new Set<string>();
      for (const id of ids ?? []) {
        const gate = byId.get(id);
        if (gate === undefined) continue;
        if (gate.global) {
          for (const { stack } of gate.closed) for (const bucket of bucketsOf(stack)) out.add(bucket.key);
          continue;
        }
        for (const meaning of meanings.get(id)?.of(address) ?? []) {
          if (meaning.kind === 'same' && meaning.kept === undefined) out.add(meaning.bucket.key);
        }
      }
      return [...out];
    },
  };
}

/** As a finding tells an operation: what ends a context or starts a timer closes its channel, or sends to it. */
export const evidenceKind = (kind: string): ReleaseEvidence['operation'] =>
  kind === 'cancel' || kind === 'reset' ? 'close' : (kind as ReleaseEvidence['operation']);

export function evidence(
  operation: {
    readonly kind: string;
    readonly expression: string;
    readonly file: string;
    readonly line: number;
  },
  {
    bucket,
    frame,
    goroutine,
    kept,
    mayBeNext,
  }: Pick<Meaning, 'bucket' | 'frame' | 'goroutine' | 'kept' | 'mayBeNext'>,
): ReleaseEvidence {
  return {
    operation: evidenceKind(operation.kind),
    expression: operation.expression,
    file: operation.file,
    line: operation.line,
    goroutine: goroutine === 0 ? (bucket.ids[0] ?? 0) : goroutine,
    frame: frame.index,
    function: frame.function,
    ...(kept === true ? { kept } : {}),
    ...(mayBeNext === true ? { mayBeNext } : {}),
  };
}
