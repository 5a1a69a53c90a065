import type { Bucket } from './snapshot.js';
import { isPrivateRuntime } from './snapshot.js';

/** Which end of a pipe in memory a goroutine waits at. */
export interface PipeEnd {
  readonly kind: 'io.Pipe' | 'net.Pipe';
  readonly end: 'read' | 'write';
}

const pipeMethod = /^(io|net)\.\(\*pipe\)\.(read|write)$/;

/** The pipe of Go's library that a goroutine waits in, by the function of the library that it is parked in. */
export function pipeEndOf({ wait, signature }: Bucket): PipeEnd | undefined {
  if (wait.kind !== 'channel') return undefined;
  const innermost = signature.frames.find(({ function: name }) => !isPrivateRuntime(name));
  const [, of, end] = pipeMethod.exec(innermost?.function ?? '') ?? [];
  return of === undefined
    ? undefined
    : { kind: of === 'io' ? 'io.Pipe' : 'net.Pipe', end: end as PipeEnd['end'] };
}

/** All of them wait at one end of such pipes; `undefined` where they do not. */
export function pipeEndOfAll(buckets: readonly Bucket[]): PipeEnd | undefined {
  const [first, ...others] = buckets.map(pipeEndOf);
  return others.every((one) => one?.kind === first?.kind && one?.end === first?.end) ? first : undefined;
}
