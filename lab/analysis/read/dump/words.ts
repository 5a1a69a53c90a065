import type { ArgumentWord } from '../../../source/facts.js';
import { firstMadeUp, madeUpStep } from '../../model/snapshot.js';

/** A word of a frame's arguments: `sure` where the traceback did not mark it as possibly out of date. */
export interface PrintedWord {
  readonly value: number;
  readonly sure: boolean;
}

/** Below it lies nothing that a program uses. */
const smallestPointer = 4096;

/** The pointer that a word is; a word that may be out of date is none. */
export const pointerIn = (word: PrintedWord | undefined): number | undefined =>
  word?.sure === true && word.value > smallestPointer ? word.value : undefined;

/** The words of `{0xc000012028, 0x3}, 0x1?, ...` in their order; `undefined` for one that was not printed. */
export function printedWords(text: string): readonly (PrintedWord | undefined)[] {
  const out: (PrintedWord | undefined)[] = [];
  for (const [part] of text.matchAll(/0x[0-9a-f]+\??|\d+|\{\}|_|\.\.\./g)) {
    // What follows is not printed, and inside of braces it is not known how much.
    if (part === '...') break;
    const [, digits] = /^(0x[0-9a-f]+|\d+)/.exec(part) ?? [];
    out.push(digits === undefined ? undefined : { value: Number(digits), sure: !part.endsWith('?') });
  }
  return out;
}

/**
 * Addresses that a dump lets tell apart: those that it prints, and those that lie behind a pointer in memory, which it
 * does not have. The latter get numbers of their own, one for each way there.
 */
export class AddressBook {
  readonly #byWay = new Map<string, number>();

  /** The address that a way from a word leads to. */
  follow(from: number, { steps }: Pick<ArgumentWord, 'steps'>): number {
    let at = from;
    for (const step of steps) at = step < 0 ? this.named(`*${at}`) : at + step;
    return at;
  }

  /** The address that stands for something that is not printed. */
  named(way: string): number {
    const known = this.#byWay.get(way) ?? firstMadeUp + this.#byWay.size * madeUpStep;
    this.#byWay.set(way, known);
    return known;
  }
}
