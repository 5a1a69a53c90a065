import type { Location } from '../lab/analysis/model/diagnosis.js';
import type { Bucket, Wait } from '../lab/analysis/model/snapshot.js';

/** One goroutine that waits, in a group of its own, with one frame; its key is its number. */
export function waitingBucket(id: number, wait: Wait, at: Location): Bucket {
  const frames = [{ ...at, index: 2, inlined: false }];
  return {
    signature: {
      ...{
        id: `S${id}`,
        count: 1,
        waitReason: '',
        status: 'waiting',
        system: false,
        exampleIds: [id],
        frames,
      },
      ...{ currentLocation: at, userLocation: at, startLocation: at, goStatementLocation: at },
    },
    ...{ key: String(id), count: 1, ids: [id], wait, elem: 0 },
  };
}
