import type { DumpMember } from '../../../dump/model.js';
import type { ArgumentWord } from '../../../source/facts.js';
import type { DumpGroup } from './signatures.js';
import type { SyncStand } from './sync-words.js';
import { type AddressBook, pointerIn, printedWords } from './words.js';

/** Where nothing is known of the operation, what waits in one line of code is taken for one. */
export const placeKey = ({ signature }: DumpGroup, frame: number): string => {
  const at = signature.frames[frame];
  return `at ${at?.function} ${at?.line}`;
};

/** The runtime's own functions get the channel as their first argument; those of a select get none. */
export function printedChannel(
  { words }: DumpMember,
  { signature }: DumpGroup,
  reason: string,
): number | undefined {
  if (reason === 'select') return undefined;
  const frame = signature.frames.findIndex(({ function: name }) => /^runtime\.chan(?:send|recv)$/.test(name));
  const [word] = printedWords(words[frame] ?? '');
  return pointerIn(word);
}

/** The object by the arguments of package sync's own methods. */
export function printedAddress({ words }: DumpMember, shown: SyncStand['shown']): number | undefined {
  for (const { frame, offset } of shown) {
    const [word] = printedWords(words[frame] ?? '');
    const pointer = pointerIn(word);
    if (pointer !== undefined) return pointer - offset;
  }
  return undefined;
}

export function addressBy(
  { words }: DumpMember,
  frame: number,
  word: ArgumentWord | undefined,
  book: AddressBook,
): number | undefined {
  const pointer = word && pointerIn(printedWords(words[frame] ?? '')[word.index]);
  return word === undefined || pointer === undefined ? undefined : book.follow(pointer, word);
}
