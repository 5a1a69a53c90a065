import type { ReleaseEvidence } from '../graph/releaser.js';
import { numbered } from '../model/counts.js';
import type { Resource } from '../model/diagnosis.js';
import { type Bucket, hex, isKnownAddress, type SyncObject } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import type { ReleaserSearch } from '../releasers/search.js';
import type { RuleInput } from '../rules/rule.js';

type SyncRelease = ReleaseEvidence & { readonly operation: 'unlock' | 'runlock' | 'done' | 'signal' };

export const isSyncRelease = (how: ReleaseEvidence): how is SyncRelease =>
  ['unlock', 'runlock', 'done', 'signal'].includes(how.operation);

/** Keyed by how an object key begins, which is the mode of the wait. */
const wants: Readonly<Record<string, string>> = {
  lock: 'to lock',
  drain: 'for the readers to unlock, to lock',
  rlock: 'to read-lock',
  wait: 'for the counter of',
  notify: 'for a signal on',
};

export function syncWaitText(object: WaitObject, name: string): string {
  return `waits ${wants[object.mode] ?? 'for'} ${name}`;
}

export function syncResource(id: string, object: WaitObject, input: RuleInput): Resource | undefined {
  const address = object.address;
  const known = input.graph.syncObjects?.get(address);
  const kind = known?.state.kind ?? 'unknown';
  return { id, kind, address: hex(address), name: input.nameOf(address) };
}

/** The state words in words. */
export function syncStateText({ address, state, queued, untold }: SyncObject, name: string): string {
  if (untold)
    return `${name}${isKnownAddress(address) ? ` at ${hex(address)}` : ''}: its state is not in the dump`;
  const what = `${name} at ${hex(address)}`;
  const shown = queued.slice(0, 8).join(', ');
  const queue =
    queued.length === 0 ? '' : `; queued in this order: ${shown}${queued.length > 8 ? ' ...' : ''}`;
  switch (state.kind) {
    case 'mutex': {
      const { locked, waiters, starving } = state.mutex;
      return `${what} is ${locked ? 'locked' : 'not locked'}, ${numbered(waiters, 'waits', 'wait')} for it${starving ? ', starving' : ''}${queue}`;
    }
    case 'rwmutex': {
      const { readers, readerWait, writerPending, writer } = state.rwmutex;
      const wanted = writerPending
        ? `a writer ${readerWait > 0 ? `waits for ${numbered(readerWait, 'reader', 'readers')} to unlock` : 'has it'}`
        : 'no writer';
      return `${what}: ${wanted}; ${numbered(readers, 'reader has it or waits', 'readers have it or wait')} for it; ${numbered(writer.waiters, 'more writer waits', 'more writers wait')}${queue}`;
    }
    case 'waitgroup':
      return `${what} has the counter ${state.waitgroup.counter}; ${numbered(state.waitgroup.waiters, 'waits', 'wait')} for it to be zero${queue}`;
    case 'cond': {
      const { wait, notify } = state.cond;
      return `${what}: ${numbered(wait, 'wait has begun', 'waits have begun')}, ${notify} of them ${notify === 1 ? 'was' : 'were'} notified`;
    }
  }
}

const goTypes = { mutex: 'Mutex', rwmutex: 'RWMutex', waitgroup: 'WaitGroup', cond: 'Cond' } as const;

export const syncStateCheck = ({ address, state }: SyncObject) =>
  `print *(*"sync.${goTypes[state.kind]}")(${hex(address)})`;

/** The frame that was handed the semaphore shows its address. */
export function syncParkedCheck(bucket: Bucket): string[] {
  const frame = bucket.signature.frames.find(({ function: name }) => name === 'runtime.semacquire1');
  return frame === undefined ? [] : [`frame ${frame.index} print addr`];
}

export function syncReleaseText(how: ReleaseEvidence, certain: boolean): string {
  const place = `Goroutine ${how.goroutine} is in ${how.function} (frame ${how.frame})`;
  if (how.expression === '' && how.kept !== true && certain) {
    return `${place} as the pending writer: later readers and writers queue behind it`;
  }
  const seen = how.alone
    ? 'no other goroutine of the program stands where it may hold this one, which somebody does'
    : how.kept
      ? 'the variable was optimised away, but the frame keeps a pointer to this very object'
      : 'which in that frame is this very object';
  const which = certain ? seen : 'which may be this object';
  switch (how.operation) {
    case 'unlock':
      return `${place} after it locked ${how.expression} at ${how.file}:${how.line} and before it unlocks it: ${which}`;
    case 'runlock':
      return `${place} after it read-locked ${how.expression} at ${how.file}:${how.line} and before it read-unlocks it: ${which}`;
    case 'done':
      return `${place}, ahead of ${how.file}:${how.line}, where it calls Done on ${how.expression}: ${which}`;
    default:
      return `${place}, ahead of ${how.file}:${how.line}, where it signals ${how.expression}: ${which}`;
  }
}

export const syncReleaseCheck = (how: ReleaseEvidence) =>
  how.kept || how.expression === ''
    ? `goroutine ${how.goroutine}; frame ${how.frame} list; list ${how.file}:${how.line}`
    : `goroutine ${how.goroutine}; frame ${how.frame} list; list ${how.file}:${how.line}; frame ${how.frame} print &${how.expression}`;

const maxPlaces = 8;

export const syncSearchCheck = ({ operations }: ReleaserSearch) =>
  operations
    .slice(0, maxPlaces)
    .map((o) => `list ${o.file}:${o.line}`)
    .join('; ') || 'sources';

export function syncSearchText(
  object: WaitObject,
  search: ReleaserSearch,
  { name, leftOpen }: { readonly name: string; readonly leftOpen: string },
): string {
  const mode = object.mode;
  const verb = mode === 'wait' ? 'calls Done on' : mode === 'notify' ? 'signals' : 'unlocks';
  const places = search.operations.slice(0, maxPlaces).map((o) => `${o.file}:${o.line} (${o.expression})`);
  const more = search.operations.length - places.length;
  if (more > 0) places.push(`and ${more} more`);
  if (places.length === 0) return `Nothing in the program's sources ${verb} ${name}`;
  const open = search.releasers.flatMap((releaser) => (releaser.kind === 'open' ? [releaser.why] : []));
  const rest =
    open.length === 0
      ? 'No goroutine outside this set is on its way to one of them with this object'
      : `${leftOpen}: ${open.join('; ')}`;
  return `What ${verb} ${name} in the program's sources: ${places.join(', ')}. ${rest}`;
}
