import type { Executable } from '../../core/executable.js';
import type { Dump } from '../../dump/model.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';
import { withTextChecks } from './dump/checks.js';
import { dumpLocators } from './dump/locator.js';
import { type DumpGroup, isOver } from './dump/signatures.js';
import { standOf } from './dump/stand.js';
import { readWaits } from './dump/waits.js';
import { AddressBook } from './dump/words.js';
import type { Engine } from './engine.js';

export interface DumpInput {
  /** What the dump is called: its file, its address. */
  readonly name: string;
  readonly dump: Dump;
  readonly groups: readonly DumpGroup[];
  /** The executable of the very process, where it was given; one that was built of the sources is another. */
  readonly exe: Executable | undefined;
}

/**
 * Reads a goroutine dump. A text proves little: that a channel is nil, a select empty, that nobody can go on or that
 * the runtime has found a leak. All else is suspected at most, since no object's state and no channel's address is in it.
 */
export function dumpEngine({ name, dump, groups, exe }: DumpInput): Engine {
  const snapshot = snapshotOf(dump, groups);
  return {
    read: () =>
      Promise.resolve({
        ...{ kind: 'read', engine: 'dump', snapshot, process: processOf(name, exe) },
        trust: {
          ...{ atMost: 'suspected', withoutMemory: true },
          ...(dump.limits.length === 0 ? {} : { incomplete: 'a part of the dump was not read' }),
        },
        async withSources(sources) {
          const places = new Map(stacksOf(snapshot).map(({ id }, i) => [id, i]));
          const source = {
            ...{ groups, sources, book: new AddressBook() },
            stackOf: (id: string) => places.get(id) ?? -1,
          };
          const { separate, ...waits } = await readWaits(source);
          return {
            snapshot: { ...snapshot, ...waits },
            operands: dumpLocators(source, { ...waits, separate }),
          };
        },
        // The runtime itself ends a program in which nothing is pending any more.
        timersPending: () => Promise.resolve(!isOver(dump)),
        waitFacts: (goroutines) => Promise.resolve(secondsOf(groups, goroutines)),
        withChecks: (finding) => withTextChecks(finding, name),
        limits: [...dump.limits, ...(dump.form === 'traceback' ? [] : [numberedHere]), textOnly],
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Since when goroutines wait at least, as far as the dump tells: whole minutes, from the first one on. */
export function secondsOf(
  groups: readonly DumpGroup[],
  goroutines: ReadonlySet<number>,
): ReadonlyMap<number, { readonly seconds: number }> {
  const told = groups.flatMap(({ members }) =>
    members.flatMap(({ id, minutes }) =>
      goroutines.has(id) && minutes !== undefined ? [[id, { seconds: minutes * 60 }] as const] : [],
    ),
  );
  return new Map(told);
}

const numberedHere =
  'This form of a dump has no numbers of goroutines, no wait reasons and no argument words: the numbers here are places ' +
  'in its list. What tells more: curl http://HOST:PORT/debug/pprof/goroutine?debug=2.';

const textOnly =
  'A dump has neither the addresses of channels nor the states of objects: what the runtime does not say itself is ' +
  'suspected at most. A core proves more: npx lab capture --pid PID.';

/** As far as the text alone tells it; which packages to read hangs on it. */
function snapshotOf(dump: Dump, groups: readonly DumpGroup[]): Snapshot {
  const signatures = groups.map(({ signature }) => signature);
  const sum = (all: typeof signatures) => all.reduce((total, { count }) => total + count, 0);
  const system = sum(signatures.filter((one) => one.system));
  const blocked = sum(signatures.filter(({ status }) => status === 'waiting'));
  return {
    goroutines: { total: dump.goroutines, user: dump.goroutines - system, system, blocked },
    ...{ signatures, buckets: groups.map(roughBucket), channels: new Map() },
  };
}

function roughBucket(group: DumpGroup): Bucket {
  const { signature } = group;
  const stand = standOf(group);
  const wait: Bucket['wait'] =
    stand.kind === 'settled'
      ? stand.wait
      : stand.kind === 'channel'
        ? { kind: 'channel', cases: [] }
        : { kind: 'sync', objectKind: stand.sync.objectKind, mode: stand.sync.mode, address: 0 };
  return { key: signature.id, signature, count: signature.count, ids: [], wait, elem: 0 };
}

const processOf = (name: string, exe: Executable | undefined): Omit<Diagnosis['process'], 'goroutines'> => ({
  ...{ exe: exe?.path ?? '', core: name, buildId: exe?.buildId.gnu ?? exe?.buildId.go ?? '' },
  ...{ goVersion: 'unknown', os: 'unknown', arch: 'unknown' },
});
