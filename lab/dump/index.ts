export type { Dump, DumpStack } from './model.js';
export { openDump } from './open.js';
export { writeProfile } from './profile.js';
export { readDumps } from './read.js';
