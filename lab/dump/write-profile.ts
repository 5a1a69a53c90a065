import { gzipSync } from 'node:zlib';
import { encodeProfile, type ProfileStack } from './encode-profile.js';

/** A profile of goroutines as `go tool pprof` reads it: gzip of pprof's protobuf. */
export function writeProfile(stacks: readonly ProfileStack[]): Uint8Array {
  return gzipSync(encodeProfile(stacks));
}
