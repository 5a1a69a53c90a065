import type { Sources } from '../../../source/sources.js';
import type { Address, FrameQuery, Locator } from '../../model/locator.js';
import { isKnownAddress } from '../../model/snapshot.js';
import type { DumpGroup } from './signatures.js';
import { smallestPointer } from './waits.js';
import { type AddressBook, type PrintedWord, printedWords } from './words.js';

interface LocatorSource {
  readonly groups: readonly DumpGroup[];
  readonly sources: Sources;
  readonly book: AddressBook;
  stackOf(id: string): number;
}

/** Tells objects of package sync by the argument words of frames: where they lead to the object, or hold it. */
export function dumpLocator({ groups, sources, book, stackOf }: LocatorSource): Locator {
  const byId = new Map<number, { readonly group: DumpGroup; readonly member: number }>();
  for (const group of groups) {
    for (const [i, { id }] of group.members.entries()) byId.set(id, { group, member: i });
  }
  const ways = new Map<string, ReturnType<Sources['words']>>();
  const wordsAt = (goroutine: number, frame: number): readonly (PrintedWord | undefined)[] => {
    const found = byId.get(goroutine);
    return printedWords(found?.group.members[found.member]?.words[frame] ?? '');
  };
  const wayTo = async (stack: number, frame: number, expr: string) => {
    const key = `${stack} ${frame} ${expr}`;
    const asked = ways.get(key) ?? sources.words([{ stack, frame, expr }]);
    ways.set(key, asked);
    return (await asked)[0];
  };
  const pointers = ({ goroutine, frame }: FrameQuery) =>
    wordsAt(goroutine, frame.index).flatMap((word) =>
      word === undefined || word.value <= smallestPointer ? [] : [word.value],
    );
  return {
    async address(goroutine, frame, expression): Promise<Address> {
      const found = byId.get(goroutine);
      if (found === undefined) return 'unreadable';
      const way = await wayTo(stackOf(found.group.signature.id), frame, expression);
      const word = way && wordsAt(goroutine, frame)[way.index];
      if (way === undefined || word === undefined || word.value <= smallestPointer) return 'unreadable';
      const address = book.follow(word.value, way);
      // A word that may be out of date, or a way through memory, tells no object away.
      return word.sure && isKnownAddress(address) ? address : 'unreadable';
    },
    through: () => 'unreadable',
    holds: (query) => pointers(query).includes(query.address),
    keeps: ({ owner, address, ...query }) =>
      !owner.ambiguous && pointers(query).some((word) => word === address || word + owner.offset === address)
        ? 'kept'
        : 'unreadable',
  };
}
