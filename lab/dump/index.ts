export type { Dump, DumpStack } from './model.js';
export { openDump } from './open.js';
export { readDumps } from './read.js';
export { writeProfile } from './write-profile.js';
