import { createHash } from 'node:crypto';
import { isLibraryFunction, packageOf } from '../../source/library-paths.js';
import type { Diagnosis, Finding, Group, Resource } from '../model/diagnosis.js';

/**
 * What stays the same of a hang from build to build and from capture to capture.
 *
 * - `cause`: the rule of the first finding, where the goroutines of its root cause are blocked, and for which objects
 * - `stacks`: there is no finding; the places at which goroutines are blocked
 */
export interface Fingerprint {
  /** `cause-` or `stacks-` and 16 hex digits. */
  readonly id: string;
  /** What the digits are made of, in order. */
  readonly of: readonly string[];
}

/** A place of the program at which goroutines are blocked, and what they do there. */
export interface BlockedPlace {
  /** For example `lock main.(*Accounts).Balance accounts.go`. */
  readonly place: string;
  readonly count: number;
  /** Whether no healthy program leaves goroutines there: they send, lock, or wait for others to be done. */
  readonly mustEnd: boolean;
}

type Told = Pick<Diagnosis, 'verdict' | 'findings' | 'groups'>;

/** The fingerprint of a diagnosis; `undefined` where nothing hangs, or nothing of the program is blocked. */
export function fingerprintOf({ verdict, findings, groups }: Told): Fingerprint | undefined {
  const [finding] = findings;
  if (finding !== undefined) return named('cause', causeOf(finding));
  if (verdict === 'none') return undefined;
  const places = blockedPlaces(groups);
  const stuck = places.filter(({ mustEnd }) => mustEnd);
  const chosen = (stuck.length > 0 ? stuck : places).map(({ place }) => place);
  return chosen.length === 0 ? undefined : named('stacks', chosen);
}

/** Where goroutines of the program are blocked by each other, most goroutines first. */
export function blockedPlaces(groups: readonly Group[]): readonly BlockedPlace[] {
  const found = new Map<string, { count: number; readonly mustEnd: boolean }>();
  for (const { waitReason, stack, outlook, count } of groups) {
    if (outlook === 'ends' || outlook === 'idle' || outlook === undefined) continue;
    const own = ownFrame(stack);
    const verb = verbOf(waitReason, stack);
    if (own === undefined || verb === undefined) continue;
    const place = `${verb} ${functionOf(own)}`;
    const known = found.get(place) ?? { count: 0, mustEnd: verb !== 'receive' && verb !== 'select' };
    known.count += count;
    found.set(place, known);
  }
  return [...found]
    .map(([place, { count, mustEnd }]) => ({ place, count, mustEnd }))
    .sort((a, b) => b.count - a.count || (a.place < b.place ? -1 : 1));
}

/** Goroutines of a rule that came to the object by chance: who waits there differs from capture to capture. */
const byChance: Readonly<Record<string, (waitReason: string) => boolean>> = {
  'leaked-lock': () => true,
  // Any writer between the two reads will do.
  'read-write-read': (waitReason) => waitReason === 'sync.RWMutex.Lock',
};

function causeOf({ rule, rootCause }: Finding): readonly string[] {
  const objects = distinct(rootCause.resources.map(objectOf));
  const isNamed = rootCause.resources.some((one) => objectOf(one) !== one.kind);
  const places = rootCause.goroutines
    .filter(({ waitReason }) => !(isNamed && byChance[rule]?.(waitReason)))
    .map(({ stack, userLocation }) => functionOf(ownFrame(stack) ?? userLocation));
  return [rule, ...distinct(places), ...objects];
}

/** The name of an object where it has one, else its kind: addresses and what was counted differ each time. */
function objectOf({ kind, name }: Resource): string {
  return /0x[\da-f]|\s|^$/.test(name) ? kind : withoutNumbers(name);
}

/**
 * A function as every build names it. Closures are numbered by their order in the function and type arguments are told in
 * several ways; functions of package main have their file beside them, as many programs have a `main.run`.
 */
function functionOf({ function: name, file }: { readonly function: string; readonly file: string }): string {
  const plain = withoutNumbers(name);
  return packageOf(plain) === 'main' ? `${plain} ${file.slice(file.lastIndexOf('/') + 1)}` : plain;
}

function withoutNumbers(name: string): string {
  return name
    .replaceAll(/\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]/g, '')
    .replaceAll(/\.(func|gowrap|deferwrap)\d+(?:\.\d+)*/g, '.$1')
    .replaceAll(/-range\d+/g, '-range');
}

/** The innermost frame that is the program's own: packages beside Go's library are everybody's, too. */
function ownFrame<T extends { readonly function: string; readonly file: string }>(
  stack: readonly T[],
): T | undefined {
  const outside = stack.filter((frame) => !isLibraryFunction(frame));
  return outside.find(({ function: name }) => !name.startsWith('golang.org/x/')) ?? outside[0];
}

/** What a goroutine is parked for; by its frames where an old runtime calls every semaphore the same. */
function verbOf(reason: string, stack: Group['stack']): string | undefined {
  if (/\bnil chan|no cases/.test(reason)) return 'forever';
  if (reason.startsWith('chan send')) return 'send';
  if (reason.startsWith('chan receive')) return 'receive';
  if (reason.startsWith('select')) return 'select';
  if (/^(?:sync\.|semacquire)/.test(reason)) {
    const names = stack.map(({ function: name }) => name);
    const [, word] = syncCalls.find(([call]) => names.some((name) => call.test(name))) ?? [];
    return word ?? 'lock';
  }
  return undefined;
}

const syncCalls: readonly (readonly [RegExp, string])[] = [
  [/^sync\.\(\*WaitGroup\)\.Wait$/, 'wait'],
  [/^sync\.\(\*Cond\)\.Wait$/, 'signal'],
  [/^sync\.\(\*RWMutex\)\.RLock$/, 'read-lock'],
];

const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();

/** The first part says what follows is; a change of how it is made changes the number, so that nothing is taken for something else. */
function named(kind: 'cause' | 'stacks', parts: readonly string[]): Fingerprint {
  const of = kind === 'stacks' ? distinct(parts) : parts;
  const digest = createHash('sha256')
    .update(JSON.stringify(['1', kind, ...of]))
    .digest('hex');
  return { id: `${kind}-${digest.slice(0, 16)}`, of };
}
