import { jsonInMarkup } from './page-file.js';

/** What a page may take, bytes: a little below the 5 MB that it promises. */
export const pageRoom = 4_900_000;

/** Bytes that a value takes in the page. */
export function bytesOf(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(jsonInMarkup(value)) + 1;
}

/** The beginning of a text, with a mark where it was cut. */
export function clip(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (cut: ${text.length} characters)`;
}

export interface Fitting<T> {
  readonly kept: readonly T[];
  readonly used: number;
  readonly leftOut: number;
}

/** The first ones, as many as there is room for; what is too large for itself is passed over. */
export function fitting<T>(items: readonly T[], room: number, most = Number.POSITIVE_INFINITY): Fitting<T> {
  const kept: T[] = [];
  let used = 0;
  for (const item of items) {
    if (kept.length >= most || used >= room) break;
    const size = bytesOf(item);
    if (used + size > room) continue;
    used += size;
    kept.push(item);
  }
  return { kept, used, leftOut: items.length - kept.length };
}
