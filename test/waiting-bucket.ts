import type { Location } from '../lab/analysis/model/diagnosis.js';
import type { Bucket, Wait } from '../lab/analysis/model/snapshot.js';
import { type WaitObject, waitObject } from '../lab/analysis/model/wait-object.js';

/** What is said of objects by name: `send 4` are those who want to send on channel 4, `lock 8` those who want lock 8. */
export function byObject<T>(named: Readonly<Record<string, T>>): ReadonlyMap<WaitObject, T> {
  return new Map(
    Object.entries(named).map(([name, value]) => {
      const [mode = '', address] = name.split(' ');
      return [waitObject(mode as WaitObject['mode'], Number(address)), value];
    }),
  );
}

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
