import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { writeProfile } from '../dump/index.js';

/**
 * The goroutines of a diagnosis by group as a profile of pprof, gzip'ed, for `go tool pprof` and the like: stacks with
 * counts, labelled with the wait reason, the outlook and the id of the group.
 */
export function groupProfile({ groups }: Pick<Diagnosis, 'groups'>): Uint8Array {
  return writeProfile(
    groups.map(({ id, count, stack, waitReason, outlook }) => ({
      ...{ count, frames: stack },
      labels: {
        group: id,
        ...(waitReason === '' ? {} : { wait: waitReason }),
        ...(outlook === undefined ? {} : { outlook }),
      },
    })),
  );
}
