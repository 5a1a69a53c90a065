import type { WaitingOp } from '../../source/facts.js';
import type { Frame } from '../model/frames.js';
import type { Locator } from '../model/locator.js';
import type { Bucket } from '../model/snapshot.js';
import type { SearchContext } from './context.js';
import { calledBy } from './meaning.js';

/** The operation that a goroutine is parked in, or those of which it must be one; or why none was found. */
export type WaitingOps =
  | { readonly kind: 'found'; readonly ops: readonly WaitingOp[]; readonly sure: boolean }
  | { readonly kind: 'none'; readonly why: string; readonly blind: boolean };

/** What all frames of a core may be parked in, asked of the sources in one go. */
export class WaitingPlaces {
  readonly #known = new Map<string, readonly WaitingOp[]>();
  readonly #context: Pick<SearchContext, 'sources' | 'stackOf'>;

  constructor(context: Pick<SearchContext, 'sources' | 'stackOf'>) {
    this.#context = context;
  }

  /** Asks for the operations of these frames; later questions about them need no further call. */
  async ask(
    items: readonly { readonly bucket: Bucket; readonly frame: number; readonly kind: string }[],
  ): Promise<void> {
    const wanted = new Map<string, { stack: number; frame: number; kinds: string[] }>();
    for (const { bucket, frame, kind } of items) {
      const stack = this.#context.stackOf(bucket.signature);
      const key = `${stack} ${frame} ${kind}`;
      if (stack >= 0 && !this.#known.has(key)) wanted.set(key, { stack, frame, kinds: [kind] });
    }
    const found = await this.#context.sources.places([...wanted.values()]);
    for (const [i, key] of [...wanted.keys()].entries()) this.#known.set(key, found[i] ?? []);
  }

  of(bucket: Bucket, frame: number, kind: string): readonly WaitingOp[] {
    return this.#known.get(`${this.#context.stackOf(bucket.signature)} ${frame} ${kind}`) ?? [];
  }
}

/** Which of the operations it is: the only one, the one that means the object, or those that could not be read. */
export async function chooseOp(
  ops: readonly WaitingOp[],
  { bucket, frame, address }: { readonly bucket: Bucket; readonly frame: Frame; readonly address: number },
  locator: Locator,
): Promise<WaitingOps> {
  const near = ops.filter((op) => op.near);
  if (near.length === 1) return { kind: 'found', ops: near, sure: true };
  const goroutine = bucket.ids[0];
  const index = bucket.signature.frames.indexOf(frame);
  for (const candidates of [near, ops]) {
    const unreadable: WaitingOp[] = [];
    for (const op of candidates) {
      const seen =
        goroutine === undefined || op.expr === ''
          ? 'unreadable'
          : await locator.address(goroutine, frame.index, op.expr);
      if (seen === address) return { kind: 'found', ops: [op], sure: true };
      if (seen !== 'unreadable') continue;
      const query = { goroutine: goroutine ?? 0, frame, called: calledBy(bucket, index), address };
      const kept = op.owner === undefined ? 'unreadable' : locator.keeps({ ...query, owner: op.owner });
      if (kept === 'kept') return { kind: 'found', ops: [op], sure: true };
      if (kept === 'unreadable') unreadable.push(op);
    }
    // It must be one of these: following all of them finds too many releasers rather than too few.
    if (unreadable.length > 0) return { kind: 'found', ops: unreadable, sure: candidates.length === 1 };
  }
  return {
    kind: 'none',
    why: `no operation on it was recognised at ${frame.file}:${frame.line}`,
    blind: true,
  };
}
