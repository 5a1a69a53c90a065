import type { GroupAhead } from '../../source/facts.js';
import type { WaitObject } from '../model/wait-object.js';

/** Who could end a wait. */
export type Releaser =
  | {
      readonly kind: 'bucket';
      readonly bucket: string;
      /** The operation's channel was evaluated in a frame and is this very one. */
      readonly certain: boolean;
      /** It has the lock: no wait ends before this one has given it back. */
      readonly holds?: true;
      /** It has a `Done` to come that the wait group cannot do without. */
      readonly required?: true;
      /**
       * It stands where it may have the lock, which could not be seen for certain: `likely` where either that it holds
       * one or which object is meant was seen.
       */
      readonly mayHold?: 'likely' | 'perhaps';
      /** It would have to receive the object first: what it has of it now is left from before. */
      readonly renewed?: true;
      /** A clock wakes it, and it may pass by each time. */
      readonly passing?: true;
      /** It comes there only when one of these ends its wait. */
      readonly onlyBy?: readonly WaitObject[];
      /** It has to get past these first: it counts only when none of them is stuck. */
      readonly behind?: readonly string[];
      /** It has to wait for these groups first, which `behind` has the members of. */
      readonly groups?: readonly GroupAhead[];
      readonly how: ReleaseEvidence;
    }
  /** Code that is on no stack, which any goroutine outside of the set may come to run. */
  | {
      readonly kind: 'open';
      readonly why: string;
      /** Nothing was seen that could; it was not possible to look. */
      readonly blind: boolean;
      /** Whoever comes has to get past these first. */
      readonly behind?: readonly string[];
      /** It is what the only one in `behind` may do, who alone or with others leads to the object in memory. */
      readonly leads?: true;
    };

/**
 * Those who would do the opposite operation. Closing a channel ends a send too, but by a panic: nobody waits for that;
 * who would come behind others is none yet; and who would take a request that leads to where others send answers nothing.
 */
export function peersOf(object: WaitObject, releasers: readonly Releaser[]) {
  return releasers.flatMap((releaser) =>
    releaser.kind === 'bucket' &&
    releaser.behind === undefined &&
    !(object.mode === 'send' && (releaser.how.operation === 'close' || releaser.how.answers === true))
      ? [releaser]
      : [],
  );
}

/** Nobody would do the opposite operation on any of them. */
export const nobodyServes = (
  objects: readonly WaitObject[],
  releasers: ReadonlyMap<WaitObject, readonly Releaser[]>,
): boolean => objects.every((object) => peersOf(object, releasers.get(object) ?? []).length === 0);

export interface ReleaseEvidence {
  readonly operation: 'send' | 'receive' | 'close' | 'unlock' | 'runlock' | 'done' | 'signal' | 'give-back';
  readonly expression: string;
  /** The expression could not be read; the frame's memory has a pointer to the object. */
  readonly kept?: true;
  /** It means another object now, and another one each time. */
  readonly mayBeNext?: true;
  /** It could not be seen which object it has; nobody else can have this one. */
  readonly alone?: true;
  /** The frame has been at the operation before. */
  readonly again?: true;
  /** Its stack leads to the object; no way on which it comes to the operation was seen. */
  readonly leads?: true;
  /** Of a lock, the function that took it and returned with it; absent where the frame's own did. */
  readonly takenBy?: string;
  /** It would receive the request, and only then could end the wait. */
  readonly answers?: true;
  /** The operation is in a function that was handed on as a value; it is called there: `/a/b.go:12`. */
  readonly calledAt?: string;
  /** Of what is held of a pool: the call that gives it back. */
  readonly givenBackBy?: string;
  /** Of a pool, what the place is: where it was taken, or where it will be given back; else where the frame that has it stands. */
  readonly place?: 'taken' | 'given back';
  readonly file: string;
  readonly line: number;
  readonly goroutine: number;
  readonly frame: number;
  readonly function: string;
}
