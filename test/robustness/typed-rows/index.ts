import { besideTheCore } from './beside-the-core.js';
import { dumps } from './dumps.js';
import { executablesAndCores } from './executables-and-cores.js';
import { placesToWrite } from './places-to-write.js';
import { storedFiles } from './stored-files.js';
import { surroundings } from './surroundings.js';
import type { TypedRow } from './typed-row.js';

/** Bad input that is refused, or does not matter, by chapter; the folder of the test has the files that are named. */
export const typedRows: Readonly<Record<string, readonly TypedRow[]>> = {
  'Goroutine dumps': dumps,
  'Wrong files': [...executablesAndCores, ...besideTheCore],
  'Places to write to': placesToWrite,
  'Runs, kits and other stored files': storedFiles,
  'Words and surroundings': surroundings,
};
