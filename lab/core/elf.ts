/** Checks of executables and cores by their headers: what they are, and whether they belong together. */
export type { BuildInfo } from './build-info.js';
export { type CoreHeader, type MappedFile, readCoreHeader } from './core-file.js';
export { type BuildIds, type Executable, readExecutable } from './executable.js';
export { type CheckedPair, checkPair, type Match } from './pair.js';
