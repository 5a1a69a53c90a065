export { type Dump, type DumpFrame, type DumpMember, type DumpStack, maxMembers } from './model.js';
export { openDump } from './open.js';
export { type ProfileStack, writeProfile } from './profile.js';
export { type ReadOptions, readDumps } from './read.js';
