import type { GoroutineState } from './header.js';
import { type DumpFrame, type DumpMember, type DumpStack, maxMembers } from './model.js';

/** Bytes that numbers and argument words of all goroutines of a dump may take; those beyond are only counted. */
const memberBytes = 400e6;
const bytesOfMember = 120;
/** Places in the tree of all stacks: about 200 bytes each. */
const maxPlaces = 2_000_000;

/** One line of a stack, after all those before it: stacks that begin alike share their first places. */
class Place {
  last: Place | undefined;
  children: Map<string, Place> | undefined;
  tally: Tally | undefined;

  constructor(
    readonly text: string,
    readonly parent: Place | undefined,
  ) {}
}

interface Tally {
  readonly state: GoroutineState;
  readonly lack: DumpStack['lack'];
  count: number;
  readonly members: DumpMember[];
}

/** Between the argument words of two frames. */
export const wordsEnd = '\n';

/** The words of a million goroutines as arrays of strings would be a gigabyte. */
class Member implements DumpMember {
  readonly id: number;
  declare readonly minutes?: number;
  declare readonly createdIn?: number;
  readonly #words: string;

  constructor({ id, minutes, createdIn, words }: Finished) {
    this.id = id;
    if (minutes !== undefined) this.minutes = minutes;
    if (createdIn !== undefined) this.createdIn = createdIn;
    this.#words = words;
  }

  get words(): readonly string[] {
    return this.#words.split(wordsEnd);
  }

  toJSON(): DumpMember {
    return { ...this, words: this.words };
  }
}

/** What is remembered of a goroutine whose lines are over. */
export interface Finished {
  readonly id: number;
  readonly minutes?: number | undefined;
  readonly createdIn?: number | undefined;
  /** By frame, with `wordsEnd` between them; a string of its own, no part of the input. */
  readonly words: string;
  readonly lack: DumpStack['lack'];
}

/** All stacks of a dump, as a tree of their lines. Texts are Latin-1 characters that stand for bytes of UTF-8. */
export class StackTree {
  readonly #roots = new Map<GoroutineState, Place>();
  readonly #rootKeys = new Map<string, Place>();
  readonly #texts = new Map<string, string>();
  readonly #tallies: { readonly place: Place; readonly tally: Tally }[] = [];
  #places = 0;
  #bytesLeft = memberBytes;
  #membersLeftOut = 0;
  #leftOut = 0;

  root(state: GoroutineState): Place {
    let root = this.#roots.get(state);
    if (root === undefined) {
      const key = JSON.stringify(state);
      root = this.#rootKeys.get(key) ?? new Place('', undefined);
      this.#rootKeys.set(key, root);
      if (this.#roots.size < 10_000) this.#roots.set(state, root);
    }
    return root;
  }

  /** The place of `text` after `place` if any goroutine had it there before. */
  known(place: Place, text: string): Place | undefined {
    if (place.last?.text === text) return place.last;
    const found = place.children?.get(text);
    if (found !== undefined) place.last = found;
    return found;
  }

  /** The place of `text` after `place`; undefined when there is no room for more that differs. */
  step(place: Place, text: string): Place | undefined {
    const known = this.known(place, text);
    if (known !== undefined) return known;
    if (this.#places >= maxPlaces) return undefined;
    this.#places++;
    const own = this.#own(text);
    const next = new Place(own, place);
    place.children ??= new Map();
    place.children.set(own, next);
    place.last = next;
    return next;
  }

  /** A copy: a part of a string keeps the whole of it alive, and that is a piece of the file. */
  #own(text: string): string {
    let own = this.#texts.get(text);
    if (own === undefined) {
      own = Buffer.from(text, 'latin1').toString('latin1');
      this.#texts.set(own, own);
    }
    return own;
  }

  end(place: Place | undefined, state: GoroutineState, finished: Finished): void {
    const tally = this.endGroup(place, state, finished.lack, 1);
    if (tally === undefined) return;
    if (tally.members.length >= maxMembers) return;
    if (this.#bytesLeft <= 0) {
      this.#membersLeftOut++;
      return;
    }
    this.#bytesLeft -= bytesOfMember + finished.words.length;
    tally.members.push(new Member(finished));
  }

  /** Counts goroutines of a stack, without their numbers. */
  endGroup(
    place: Place | undefined,
    state: GoroutineState,
    lack: DumpStack['lack'],
    count: number,
  ): Tally | undefined {
    // Stacks of which something else is missing are not equal.
    const leaf = place !== undefined && lack !== undefined ? this.step(place, `!${lack}`) : place;
    if (leaf === undefined) {
      this.#leftOut += count;
      return undefined;
    }
    if (leaf.tally === undefined) {
      leaf.tally = { state, lack, count: 0, members: [] };
      this.#tallies.push({ place: leaf, tally: leaf.tally });
    }
    leaf.tally.count += count;
    return leaf.tally;
  }

  /** Sentences about what found no room. */
  limits(): string[] {
    const limits: string[] = [];
    if (this.#leftOut > 0) {
      limits.push(
        `${this.#leftOut} goroutines are left out: their stacks differ from all others, of which there are ${this.#tallies.length}`,
      );
    }
    if (this.#membersLeftOut > 0) {
      limits.push(`${this.#membersLeftOut} goroutines are counted without their numbers and argument words`);
    }
    return limits;
  }

  stacks(): DumpStack[] {
    const frames = new Map<string, DumpFrame>();
    return this.#tallies.map(({ place, tally }) => stackOf(place, tally, frames));
  }
}

export type { Place };

/** Texts of places that are no lines of a frame. */
export const elided = '...';
export const nonGo = 'non-Go function';
export const createdBy = 'created by ';

function stackOf(leaf: Place, tally: Tally, known: Map<string, DumpFrame>): DumpStack {
  const lines: string[] = [];
  for (let at: Place | undefined = leaf; at?.parent !== undefined; at = at.parent) lines.unshift(at.text);
  const frames: DumpFrame[] = [];
  let creator: DumpStack['createdBy'];
  let elidedAfter: number | undefined;
  for (const [index, line] of lines.entries()) {
    const file = lines[index + 1]?.startsWith('\t') ? (lines[index + 1] ?? '') : '';
    if (line === elided) elidedAfter ??= frames.length;
    else if (line.startsWith(createdBy)) {
      const { inlined: _, ...place } = frameOf(line.slice(createdBy.length), file, known);
      creator = place;
    } else if (!line.startsWith('\t') && !line.startsWith('!')) frames.push(frameOf(line, file, known));
  }
  if (elidedAfter === undefined && isSilentlyElided(frames, tally)) elidedAfter = frames.length;
  const { labels, ...state } = tally.state;
  const lack = tally.lack ?? (elidedAfter === undefined ? undefined : 'elided');
  return {
    ...state,
    frames,
    ...(creator !== undefined && { createdBy: creator }),
    ...(lack !== undefined && { lack }),
    ...(elidedAfter !== undefined && { elidedAfter }),
    ...(labels !== undefined && { labels }),
    count: tally.count,
    members: tally.members,
  };
}

/**
 * Go before 1.21 reads a hundred frames, and says so only when it has printed them all, which it does not do of its own:
 * 98 are left of a goroutine that waits.
 */
function isSilentlyElided(frames: readonly DumpFrame[], { members }: Tally): boolean {
  if (frames.length < 94 || frames.length > 100) return false;
  const outermost = frames.at(-1)?.function ?? '';
  return members[0]?.createdIn === undefined && !/^(main\.main|runtime\.(main|goexit))$/.test(outermost);
}

/** Marks at the end of a function's text. */
export const inlinedMark = '(...)';

function frameOf(text: string, place: string, known: Map<string, DumpFrame>): DumpFrame {
  const key = `${text}${place}`;
  let frame = known.get(key);
  if (frame === undefined) {
    const inlined = text.endsWith(inlinedMark);
    const [, file = '', line = '0'] = /^\t(.*):(\d+)$/.exec(place) ?? [];
    frame = {
      function: utf8(inlined ? text.slice(0, -inlinedMark.length) : text),
      file: utf8(file),
      line: Number(line),
      inlined,
    };
    known.set(key, frame);
  }
  return frame;
}

export function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
