import { deflateRawSync } from 'node:zlib';
import type { Roster, RosterGroup } from '../../analysis/model/roster.js';
import type { MemberList } from '../page-data.js';

/** A list as the page carries it; `packed` is base64. */
export interface PackedMembers {
  readonly list: MemberList;
  readonly packed: string;
}

const columnsOf = { waited: true, creators: true };
const idsAlone = { waited: false, creators: false };

/**
 * Which goroutines the groups of a table have, `groups` being their ids in its order: with all that is known of
 * each where that fits into so many characters, else without who started them, else numbers alone, else the first
 * so many of each group. `undefined` when nothing is known, or nothing fits.
 */
export function memberList(
  groups: readonly string[],
  roster: Roster,
  characters: number,
): PackedMembers | undefined {
  const known = new Map(roster.map((one) => [one.group, one]));
  const members = groups.map((id) => known.get(id));
  const largest = members.reduce((most, one) => Math.max(most, one?.ids.length ?? 0), 0);
  if (largest === 0) return undefined;
  for (const columns of [columnsOf, { ...columnsOf, creators: false }, idsAlone]) {
    const made = pack(members, columns, largest, characters);
    if (made !== undefined) return made;
  }
  // Halved until it fits: all tries together take no longer than two whole ones.
  for (let first = 2 ** Math.floor(Math.log2(largest)); first >= 1; first /= 2) {
    const made = pack(members, idsAlone, first, characters);
    if (made !== undefined) return made;
  }
  return undefined;
}

type Members = readonly (RosterGroup | undefined)[];

function pack(
  members: Members,
  wanted: typeof columnsOf,
  first: number,
  characters: number,
): PackedMembers | undefined {
  const shown = members.map((one) => one?.ids.subarray(0, first) ?? new Float64Array());
  const columns = {
    waited: wanted.waited && members.some((one) => one?.waited !== undefined),
    creators: wanted.creators && members.some((one) => one?.creators !== undefined),
  };
  const out = writer();
  for (const ids of shown) out.number(ids.length);
  const widths = shown.map(widthOf);
  for (const [group, ids] of shown.entries()) {
    if (ids.length === 0) continue;
    out.number(ids[0] ?? 0);
    out.number(widths[group] ?? 0);
  }
  for (const [group, ids] of shown.entries()) {
    const tied = new Set(members[group]?.locked);
    const places = tied.size === 0 ? [] : [...ids.keys()].filter((at) => tied.has(ids[at] ?? -1));
    out.number(places.length);
    for (const [i, at] of places.entries()) out.number(at - (places[i - 1] ?? 0));
  }
  for (const [group, ids] of columns.waited ? shown.entries() : []) {
    for (let i = 0; i < ids.length; i++) out.number(members[group]?.waited?.[i] ?? 0);
  }
  for (const [group, ids] of columns.creators ? shown.entries() : []) {
    const own = members[group]?.creators;
    for (let i = 0; i < ids.length; i++) out.signed((own?.[i] ?? 0) - (own?.[i - 1] ?? 0));
  }
  for (const [group, ids] of shown.entries()) {
    for (let i = 1; i < ids.length; i++) out.rice((ids[i] ?? 0) - (ids[i - 1] ?? 0), widths[group] ?? 0);
  }
  const bytes = deflateRawSync(out.bytes(), { level: 9 });
  if (Math.ceil(bytes.length / 3) * 4 > characters) return undefined;
  const goroutines = shown.reduce((sum, ids) => sum + ids.length, 0);
  const all = members.reduce((sum, one) => sum + (one?.ids.length ?? 0), 0);
  return {
    list: { goroutines, columns, ...(goroutines < all ? { firstOfEach: first } : {}) },
    packed: bytes.toString('base64'),
  };
}

/** How many low bits of a distance are best written as they are: those of an average one. */
function widthOf(ids: Float64Array): number {
  const average = ((ids.at(-1) ?? 0) - (ids[0] ?? 0)) / Math.max(1, ids.length - 1);
  return Math.min(30, Math.max(0, Math.floor(Math.log2(average))));
}

function writer() {
  let buffer = new Uint8Array(65_536);
  let size = 0;
  /** Bits of the last byte that are taken; 8 where the next one begins. */
  let taken = 8;
  const byte = (value: number): void => {
    if (size === buffer.length) {
      const twice = new Uint8Array(buffer.length * 2);
      twice.set(buffer);
      buffer = twice;
    }
    buffer[size++] = value;
  };
  const bit = (value: number): void => {
    if (taken === 8) {
      byte(0);
      taken = 0;
    }
    buffer[size - 1] = (buffer[size - 1] ?? 0) | (value << taken++);
  };
  const number = (value: number): void => {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) byte((rest % 128) + 128);
    byte(rest);
  };
  return {
    number,
    /** Its sign in the lowest bit. */
    signed: (value: number) => number(value < 0 ? -2 * value - 1 : 2 * value),
    /** Numbers of bytes come before all of these. */
    rice(value: number, width: number): void {
      for (let rest = Math.floor(value / 2 ** width); rest > 0; rest--) bit(1);
      bit(0);
      for (let i = 0; i < width; i++) bit((value >> i) & 1);
    },
    bytes: () => buffer.subarray(0, size),
  };
}
