import { expect } from 'chai';
import type { Diagnosis, Finding } from '../../lab/analysis/model/diagnosis.js';
import { causeText, fleetCauses } from '../../lab/fleet/same-cause.js';
import { diagnosisLike, findingLike } from '../fakes/diagnosis.js';

function finding(parts: Partial<Parameters<typeof findingLike>[0]> = {}): Finding {
  return findingLike({
    ...{ class: 'communication', subtype: 'channel', certainty: 'proved', victims: 500 },
    ...{ functions: ['main.(*Metrics).SetM'], resources: ['main.Metrics.inChannel'] },
    ...parts,
  });
}

const core = (name: string, ...findings: Finding[]): { name: string; diagnosis: Diagnosis } => ({
  name,
  diagnosis: diagnosisLike({ verdict: 'deadlock', findings }),
});

describe('one root cause in several cores', () => {
  it('is one finding with its instances, and what differs in each', () => {
    const value = {
      id: 'E2',
      kind: 'memory',
      text: 'The value it is sending: main.Metric {Value: 100}',
    } as const;
    const first = { ...finding({ victims: 576 }), evidence: [{ ...value, check: 'goroutine 6' }] };
    const causes = fleetCauses([core('i1', first), core('i2', finding({ certainty: 'strong' }))]);
    expect(causes).to.have.length(1);
    expect(causes[0]?.instances).to.deep.equal([
      { name: 'i1', finding: 'F1', certainty: 'proved', goroutines: [1], victims: 576 },
      { name: 'i2', finding: 'F1', certainty: 'strong', goroutines: [1], victims: 500 },
    ]);
    expect(causes[0]?.differs.find(({ what }) => what === 'the value it is sending')?.values).to.deep.equal([
      { name: 'i1', value: 'main.Metric {Value: 100}' },
      { name: 'i2', value: 'not known' },
    ]);
    expect(causes[0]?.certainty, 'no more than the least of them').to.equal('strong');
    expect(causes[0] && causeText(causes[0])).to.match(/: in i1 and i2$/);
  });

  it('tells durations in seconds, and counts as everywhere else', () => {
    const waiting = (value: string, send: number): Finding => {
      const plain = finding();
      const { goroutines, resources } = plain.rootCause;
      const variables = [{ name: 'every', value }];
      const stack = [{ function: 'main.tick', file: '/a.go', line: 1, index: 0, inlined: false, variables }];
      return {
        ...plain,
        rootCause: {
          ...plain.rootCause,
          goroutines: goroutines.map((one) => ({ ...one, stack })),
          resources: resources.map((one) => ({ ...one, cap: 9, len: 9, waiters: { send, recv: 0 } })),
        },
      };
    };
    const [cause] = fleetCauses([
      core('i1', waiting('1004410386 (1.004410386s)', 1_028)),
      core('i2', waiting('2000000000 (2s)', 9)),
    ]);
    expect(cause?.differs.map(({ what, values: [first] }) => `${what}: ${first?.value}`)).to.deep.equal([
      'main.Metrics.inChannel: 9 of 9; 1,028 wait to send, 0 to receive',
      'every in main.tick: 1.004410386s',
    ]);
  });

  it('is another one where another function or another object is concerned', () => {
    const elsewhere = finding({ functions: ['main.(*Hub).Publish'] });
    const other = finding({ resources: ['main.Hub.events'] });
    const causes = fleetCauses([core('i1', elsewhere), core('i2', finding()), core('i3', finding(), other)]);
    expect(causes.map(({ instances }) => instances.map(({ name }) => name))).to.deep.equal([
      ['i2', 'i3'],
      ['i1'],
      ['i3'],
    ]);
  });

  it('is none where there is a suspicion only', () => {
    expect(fleetCauses([core('i1', finding({ certainty: 'suspected' }))])).to.deep.equal([]);
  });
});
