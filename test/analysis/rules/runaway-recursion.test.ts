import { expect } from 'chai';
import type { Frame } from '../../../lab/analysis/model/frames.js';
import type { Bucket } from '../../../lab/analysis/model/snapshot.js';
import type { RuleInput } from '../../../lab/analysis/rules/rule.js';
import { runawayRecursion } from '../../../lab/analysis/rules/runaway-recursion.js';
import { waitingBucket } from '../../waiting-bucket.js';

const at = { function: 'main.(*node).depth', file: '/list.go', line: 20 };

function running(frames: readonly Frame[], status: Bucket['signature']['status'] = 'running'): Bucket {
  const bucket = waitingBucket(7, { kind: 'live', why: status }, at);
  return { ...bucket, signature: { ...bucket.signature, status, frames } };
}

const calls = (count: number, names: readonly string[] = [at.function]): Frame[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ ...at, function: names[index % names.length] ?? '' },
    ...{ index, inlined: false },
  }));

const claims = (bucket: Bucket) =>
  runawayRecursion.apply({
    graph: { buckets: [bucket], channels: new Map(), releasers: new Map() },
    isLibrary: (file: string) => file.startsWith('/usr/local/go/'),
  } as unknown as RuleInput);

describe('the rule about runaway recursion', () => {
  it('suspects a goroutine that runs very deep in one function, or in a few that call one another', () => {
    for (const names of [[at.function], ['main.a', 'main.b', 'main.c']]) {
      const [claim, ...others] = claims(running(calls(20_000, names)));
      expect(others).to.deep.equal([]);
      expect(claim).to.include({ rule: 'runaway-recursion', certainty: 'suspected', class: 'livelock' });
      expect(claim?.summary).to.contain(`in ${names[0]} (/list.go:20)`);
      expect(claim?.knot.buckets[0]?.signature.frames.length).to.be.at.most(24);
    }
  });

  it('says nothing of one that is not so deep, that waits, or whose frames are all of different functions', () => {
    expect(claims(running(calls(9_999)))).to.deep.equal([]);
    expect(claims(running(calls(20_000), 'waiting'))).to.deep.equal([]);
    const many = Array.from({ length: 50 }, (_, i) => `main.f${i}`);
    expect(claims(running(calls(20_000, many)))).to.deep.equal([]);
  });
});
