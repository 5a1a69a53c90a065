import type { Sources } from '../../../source/sources.js';
import { type Address, type FrameQuery, type Locator, nothingLocated } from '../../model/locator.js';
import { isKnownAddress } from '../../model/snapshot.js';
import type { DumpGroup } from './signatures.js';
import type { DumpWaits } from './waits.js';
import { type AddressBook, type PrintedWord, pointerIn, printedWords } from './words.js';

interface LocatorSource {
  readonly groups: readonly DumpGroup[];
  readonly sources: Sources;
  readonly book: AddressBook;
  stackOf(id: string): number;
}

/** What goroutines of a dump wait for, as far as locators need it. */
type Waited = Pick<DumpWaits, 'separate' | 'syncObjects'>;

/** Tells objects by the argument words of frames: where they lead to the object, or hold its address. */
export function dumpLocators(
  { groups, sources, book, stackOf }: LocatorSource,
  { separate, syncObjects }: Waited,
): { readonly channels: Locator; readonly syncObjects: Locator } {
  const byId = new Map<number, { readonly group: DumpGroup; readonly member: number }>();
  for (const group of groups) {
    for (const [i, { id }] of group.members.entries()) byId.set(id, { group, member: i });
  }
  const ways = new Map<string, ReturnType<Sources['words']>>();
  const wordsAt = (goroutine: number, frame: number): readonly (PrintedWord | undefined)[] => {
    const found = byId.get(goroutine);
    return printedWords(found?.group.members[found.member]?.words[frame] ?? '');
  };
  const led = async (goroutine: number, frame: number, expr: string) => {
    const found = byId.get(goroutine);
    if (found === undefined) return undefined;
    const stack = stackOf(found.group.signature.id);
    const key = `${stack} ${frame} ${expr}`;
    const asked = ways.get(key) ?? sources.words([{ stack, frame, expr }]);
    ways.set(key, asked);
    const [way] = await asked;
    const pointer = way && pointerIn(wordsAt(goroutine, frame)[way.index]);
    if (way === undefined || pointer === undefined) return undefined;
    return { address: book.follow(pointer, way), own: way.own };
  };
  const holds = ({ goroutine, frame, address }: FrameQuery & { readonly address: number }) =>
    wordsAt(goroutine, frame.index).some((word) => word?.sure === true && word.value === address);
  const isVague = [...syncObjects.keys()].some((address) => !isKnownAddress(address));
  return {
    channels: {
      ...nothingLocated,
      async address(goroutine, frame, expression): Promise<Address> {
        const found = await led(goroutine, frame, expression);
        return found?.own !== undefined && separate.has(found.own) ? found.address : 'unreadable';
      },
    },
    syncObjects: {
      ...nothingLocated,
      async address(goroutine, frame, expression): Promise<Address> {
        const found = await led(goroutine, frame, expression);
        if (found === undefined || !isKnownAddress(found.address)) return 'unreadable';
        // Where some object's address is not in the dump, another one than those that are may be that.
        return isVague && !syncObjects.has(found.address) ? 'unreadable' : found.address;
      },
      holds,
      keeps: ({ owner, address, ...query }) =>
        !owner.ambiguous &&
        (holds({ ...query, address }) || holds({ ...query, address: address - owner.offset }))
          ? 'kept'
          : 'unreadable',
    },
  };
}
