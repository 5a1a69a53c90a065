import { relative } from 'node:path';

/** A path as a person in this folder types it: relative where it lies below, else whole. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}
