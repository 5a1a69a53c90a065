export { type Dump, type DumpFrame, type DumpMember, type DumpStack, maxMembers } from './model.js';
export { readDumps } from './read.js';
