/** Milliseconds as seconds. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;

export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  const value = n / 1_000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[step]}`;
}

/** What keeps a goroutine; the runtime has no reason for one that is not parked. */
export const waitText = (reason = ''): string => (reason === '' ? 'not parked' : `“${reason}”`);

/** The last part of a path. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export { ownFrame, shortName } from '../../analysis/model/own-frame.js';
export { isPrivateRuntime } from '../../analysis/model/snapshot.js';
export { counted, number } from '../../counted.js';
export { quoteWord } from '../../quote-word.js';
export { delveProgram } from '../../report/delve-program.js';
export { behind } from '../../several/same-cause.js';
export { isLibraryFunction } from '../../source/library-paths.js';
