import { packageOf } from '../../source/library-paths.js';
import type { SourceStack } from '../../source/sources.js';
import { inSync } from './frames.js';
import { type Bucket, isPrivateRuntime, type Snapshot } from './snapshot.js';

/** The stacks that the sources are told; a goroutine of the runtime is none of the program's. */
export function stacksOf({ signatures }: Pick<Snapshot, 'signatures'>): readonly SourceStack[] {
  return signatures
    .filter(({ system }) => !system)
    .map(({ id, status, partial, frames }) => ({
      id,
      parked: status === 'waiting',
      partial: partial === true,
      frames: frames.map(({ function: name, file, line, inlined }) => ({
        function: name,
        file,
        line,
        inlined,
      })),
    }));
}

/** What its goroutines wait for comes from the network in the end, which the poller tells better than its code. */
const waitsForPeers: ReadonlySet<string> = new Set(['net/http', 'crypto/tls', 'net']);

/** Packages in which goroutines wait for what others have to do: of Go's library, their functions are read as well. */
export function packagesWaitedIn(buckets: readonly Bucket[]): readonly string[] {
  const found = new Set<string>();
  for (const { wait, signature } of buckets) {
    if (signature.system || (wait.kind !== 'channel' && wait.kind !== 'sync')) continue;
    const own = signature.frames.find((frame) =>
      wait.kind === 'sync' ? !inSync(frame) : !isPrivateRuntime(frame.function),
    );
    const name = own === undefined ? '' : packageOf(own.function).replaceAll('%2e', '.');
    if (name !== '' && !waitsForPeers.has(name)) found.add(name);
  }
  return [...found].sort();
}
