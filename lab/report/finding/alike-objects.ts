import type { Resource } from '../../analysis/model/diagnosis.js';
import { number } from '../../counted.js';

/** Objects that differ in their address alone: as many requests make them, each its own. */
export interface AlikeObjects {
  readonly one: Resource;
  readonly ids: readonly string[];
}

/** A name that is nothing but an address. */
const nameless = /^(.*) 0x[0-9a-f]+$/;

/** Two processes have the same addresses. */
export const placeOf = ({ instance = '', address }: Resource): string => `${instance} ${address}`;

/** What has one address is one object, in whatever way it is waited for; what is alike is told once. */
export function alikeObjects(resources: readonly Resource[]): readonly AlikeObjects[] {
  const seen = new Set<string>();
  const found = new Map<string, { one: Resource; ids: string[] }>();
  for (const one of resources) {
    const place = placeOf(one);
    if (one.address !== '0x0' && seen.has(place)) continue;
    seen.add(place);
    const { id: _, address: __, name, ...look } = one;
    const key = JSON.stringify([name.replace(nameless, '$1'), look]);
    const known = found.get(key) ?? { one, ids: [] };
    known.ids.push(one.id);
    found.set(key, known);
  }
  return [...found.values()];
}

/** `Metrics.inChannel` for `main.Metrics.inChannel`; `16 unbuffered channels (e.g. 0x...)` for those without a name. */
export function alikeName({ one, ids }: AlikeObjects): string {
  if (ids.length === 1 || !nameless.test(one.name)) return objectName(one.name);
  return `${countedKind(one, ids.length)} (e.g. ${one.address})`;
}

/** Of more than these a finding lists the first. */
const mostListed = 16;

/** `12 unbuffered channels`. */
export function countedKind({ kind, cap }: Resource, count: number): string {
  const plural =
    { channel: 'channels', mutex: 'mutexes', rwmutex: 'rwmutexes' }[kind as 'channel'] ?? `${kind}s`;
  return `${count < mostListed ? '' : 'at least '}${number(count)} ${cap === 0 ? 'unbuffered ' : ''}${plural}`;
}

/** `Metrics.inChannel` for `main.Metrics.inChannel`. */
export const objectName = (name: string): string => name.replace(/^main\.(?=.)/, '');
