import { expect } from 'chai';
import { summaryOf } from '../../../lab/analysis/findings/verdict.js';
import type { Bucket, Signature, Snapshot } from '../../../lab/analysis/model/snapshot.js';
import { objectNames } from '../../../lab/analysis/releasers/names.js';

function bucketOf(status: Signature['status'], system: boolean, count: number): Bucket {
  const at = { function: '', file: '', line: 0 };
  const places = { currentLocation: at, userLocation: at, startLocation: at, goStatementLocation: at };
  const signature: Signature = {
    ...{
      id: 'S1',
      count,
      waitReason: 'sync.Cond.Wait',
      system,
      exampleIds: [1],
      status,
      frames: [],
      ...places,
    },
  };
  const wait = { kind: 'sync', objectKind: 'cond', address: 0xc000010000, mode: 'notify' } as const;
  return { key: `${status} ${system}`, signature, count, ids: [1], wait, elem: 0 };
}

describe('what an undecided analysis says', () => {
  const buckets = [
    bucketOf('waiting', false, 20),
    bucketOf('running', false, 7),
    bucketOf('waiting', true, 12),
  ];

  it('counts the goroutines of the program alone, the blocked ones too', () => {
    const snapshot: Snapshot = {
      ...{ goroutines: { total: 39, user: 27, system: 12, blocked: 32 }, signatures: [], buckets },
      channels: new Map(),
    };
    const undecided = ['a stack could not be read'];
    const trust = { atMost: 'strong' } as const;
    expect(summaryOf({ verdict: 'unknown', claims: [], snapshot, undecided, trust })).to.equal(
      'No deadlock was found among the 27 goroutines of the program, 20 of them blocked, but a stack could not be read.',
    );
  });

  it('calls an object of package sync by what it is when it has no name', () => {
    const nameOf = objectNames(new Map(), buckets);
    expect(nameOf(0xc000010000)).to.equal('condition variable 0xc000010000');
    expect(nameOf(0xc000020000)).to.equal('channel 0xc000020000');
  });
});
