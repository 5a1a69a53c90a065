import { expect } from 'chai';
import type { Finding } from '../lab/analysis/model/diagnosis.js';
import { complaints, expectations, expectationsOfFixed } from '../lab/expectation.js';
import { diagnosisLike, findingLike } from './fakes/diagnosis.js';

const manifest = {
  class: 'resource',
  subtype: 'rwr',
  expect: {
    functions: ['main.(*Shelf).Look'],
    resources: ['main.Shelf.mu'],
    victimsAtLeast: 3,
    rule: 'read-write-read',
  },
} as const;

const found: Finding = {
  ...findingLike({
    ...{ class: 'resource', subtype: 'rwr', certainty: 'strong', victims: 3 },
    functions: ['sync.runtime_SemacquireRWMutexR'],
    resources: ['main.Shelf.mu', 'main.Shelf.mu'],
  }),
  rule: 'read-write-read',
};

function standingIn(finding: Finding, functions: readonly string[]): Finding {
  const stack = functions.map((name, index) => ({
    ...{ index, function: name, file: '/src/main.go', line: 1, inlined: false },
  }));
  const goroutines = finding.rootCause.goroutines.map((goroutine) => ({ ...goroutine, stack }));
  return { ...finding, rootCause: { ...finding.rootCause, goroutines } };
}

const waiting = ['runtime.gopark', 'sync.runtime_SemacquireRWMutexR', 'internal/sync.(*Mutex).Lock'];

describe('what a manifest expects', () => {
  it('is met by a goroutine that waits below the function, whatever of the runtime and of sync is above', () => {
    const finding = standingIn(found, [...waiting, 'main.(*Shelf).Look', 'main.main']);
    const rows = expectations(diagnosisLike({ verdict: 'deadlock', findings: [finding] }), manifest);
    expect(complaints(rows)).to.deep.equal([]);
    expect(rows.map(({ what }) => what)).to.deep.equal([
      'verdict',
      'class',
      'rule',
      'function',
      'object',
      'victims',
    ]);
  });

  it('is not met by a caller of the function where it waits, nor by another rule', () => {
    const finding = {
      ...standingIn(found, [...waiting, 'main.other', 'main.(*Shelf).Look']),
      rule: 'sync-knot',
    };
    const rows = expectations(diagnosisLike({ verdict: 'deadlock', findings: [finding] }), manifest);
    expect(complaints(rows)).to.deep.equal([
      'rule: expected read-write-read, found sync-knot',
      'function: expected main.(*Shelf).Look, found main.other',
    ]);
  });

  it('is compared with the finding that comes nearest', () => {
    const right = standingIn(found, [...waiting, 'main.(*Shelf).Look']);
    const other = { ...right, id: 'F2', rule: 'another', victims: { goroutines: 0, groups: [] } };
    const diagnosis = diagnosisLike({ verdict: 'deadlock', findings: [other, right] });
    expect(complaints(expectations(diagnosis, manifest))).to.deep.equal([]);
  });

  it('says nothing of victims where none are asked for', () => {
    const { expect: asked, ...kind } = manifest;
    const rows = expectations(diagnosisLike({ verdict: 'deadlock', findings: [found] }), {
      ...kind,
      expect: { ...asked, victimsAtLeast: 0 },
    });
    expect(rows.map(({ what }) => what)).to.not.include('victims');
  });

  it('of a repaired twin is that nothing is found', () => {
    const undecided = diagnosisLike({ verdict: 'unknown', summary: 'one wait is not understood' });
    expect(complaints(expectationsOfFixed(undecided))).to.deep.equal([
      'verdict: expected none, found unknown: one wait is not understood',
    ]);
    expect(complaints(expectationsOfFixed(diagnosisLike({})))).to.deep.equal([]);
  });
});
