import { basename, posix } from 'node:path';
import { leaveFolder } from '../stages/index.js';
import type { Run } from '../store/run-store.js';
import type { Target } from '../targets/target.js';

/** Kills each process that prints into the folder `$1`, however often it was begun anew. */
const endScript = `
for lab_process in /proc/[0-9]*; do
  case $(readlink "$lab_process/fd/1" 2>/dev/null) in
    "$1"/*) kill -KILL "\${lab_process#/proc/}" ;;
  esac
done
exit 0
`;

/** Leaves nothing of a fleet's run on a host over SSH; of one that cannot be reached in time nothing is known. */
export async function leaveHost(target: Target, run: Run, signal: AbortSignal): Promise<void> {
  const folder = posix.join(target.workFolder, 'runs', basename(run.dir));
  await target.exec(['sh', '-c', endScript, 'sh', folder], { signal });
  await leaveFolder(target, run);
}
