import { expect } from 'chai';
import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';
import { checklist } from '../lab/checklist/checklist.js';
import { blog } from '../lab/scenarios/blog.js';
import { concludeChecklist, concludeDiagnosis, conclusion, differences, worstOf } from '../lab/verdict.js';
import { diagnosisLike, findingLike } from './fakes/diagnosis.js';

const expected: Diagnosis = diagnosisLike({
  verdict: 'deadlock',
  findings: [
    findingLike({
      class: 'communication',
      subtype: 'channel',
      certainty: 'strong',
      functions: ['main.(*Metrics).SetM'],
      resources: ['main.Metrics.inChannel'],
      victims: 1000,
    }),
  ],
});

describe('the verdict of a run', () => {
  it('is confirmed by the expected diagnosis', () => {
    expect(concludeDiagnosis(expected, blog, false)).to.include({ verdict: 'confirmed', exitCode: 0 });
  });

  it('is refuted by a diagnosis of another place, object, class or size, and says each', () => {
    const other = diagnosisLike({
      verdict: 'deadlock',
      findings: [
        findingLike({
          class: 'resource',
          subtype: 'ab-ba',
          certainty: 'proved',
          functions: ['main.other'],
          resources: ['main.mu'],
          victims: 3,
        }),
      ],
    });
    expect(differences(other, blog)).to.have.length(4);
    expect(concludeDiagnosis(other, blog, false)).to.include({ verdict: 'refuted', exitCode: 1 });
  });

  it('is inconclusive when only too little was blocked behind the expected finding', () => {
    const [finding] = expected.findings;
    if (finding === undefined) throw new Error('no finding');
    const few = { ...expected, findings: [{ ...finding, victims: { goroutines: 3, groups: [] } }] };
    expect(differences(few, blog)).to.have.length(1);
    expect(concludeDiagnosis(few, blog, false)).to.include({
      ...{ verdict: 'unknown', outcome: 'inconclusive', exitCode: 2 },
    });
    const elsewhere = { ...finding, subtype: 'condvar' as const, victims: { goroutines: 3, groups: [] } };
    expect(concludeDiagnosis({ ...few, findings: [elsewhere] }, blog, false)).to.include({
      ...{ verdict: 'refuted', outcome: 'different', exitCode: 1 },
    });
  });

  it('is inconclusive when only claims about the size of the load fail, and refuted by any other', () => {
    const known = checklist({ fixed: false }).map(({ id }) => id);
    const failing = (...ids: string[]) => {
      expect(known).to.include.members(ids);
      const rows = ids.map((id) => ({
        ...{ id, claim: '', seen: 'few', outcome: 'fails' as const, evidence: { file: 'x' } },
      }));
      return concludeChecklist(conclusion('confirmed', ''), rows);
    };
    expect(failing('load-hangs', 'table-counts', 'victims')).to.include({ verdict: 'unknown', exitCode: 2 });
    expect(failing('victims', 'table-setm')).to.include({ verdict: 'refuted', exitCode: 1 });
    expect(failing()).to.include({ verdict: 'confirmed', outcome: 'as-expected' });
  });

  it('takes a function of any type arguments for the generic one that is expected', () => {
    const shape = 'main.each[go.shape.struct { Article string "json:\\"article[0]\\"" }].func1';
    const generic = diagnosisLike({
      verdict: 'deadlock',
      findings: [
        findingLike({
          class: 'mixed',
          subtype: 'channel-waitgroup',
          certainty: 'strong',
          functions: [shape],
          resources: ['main.each.failed'],
          victims: 0,
        }),
      ],
    });
    const expectedOf = (name: string) => ({
      class: 'mixed' as const,
      subtype: 'channel-waitgroup' as const,
      expect: { functions: [name], resources: ['main.each.failed'], victimsAtLeast: 0 },
    });
    expect(differences(generic, expectedOf('main.each[...].func1'))).to.deep.equal([]);
    expect(differences(generic, expectedOf('main.each[...]'))).to.have.length(1);
  });

  it('is not confirmed by a mere suspicion', () => {
    const [finding] = expected.findings;
    const suspected = diagnosisLike({
      verdict: 'none',
      findings: finding === undefined ? [] : [{ ...finding, certainty: 'suspected' }],
    });
    expect(concludeDiagnosis(suspected, blog, false).verdict).to.equal('refuted');
  });

  it('stays unknown when the analysis is undecided, whatever was expected', () => {
    const undecided = diagnosisLike({ verdict: 'unknown', findings: [] });
    expect(concludeDiagnosis(undecided, blog, false)).to.include({ verdict: 'unknown', exitCode: 2 });
    expect(concludeDiagnosis(undecided, blog, true)).to.include({ verdict: 'unknown', exitCode: 2 });
  });

  it('refutes a repaired server that is diagnosed with a deadlock', () => {
    expect(concludeDiagnosis(expected, blog, true).verdict).to.equal('refuted');
    expect(concludeDiagnosis(diagnosisLike({ verdict: 'none', findings: [] }), blog, true).verdict).to.equal(
      'confirmed',
    );
  });

  it('of several runs is the worst of them', () => {
    const [yes, no, open] = (['confirmed', 'refuted', 'unknown'] as const).map((kind) =>
      conclusion(kind, ''),
    );
    if (yes === undefined || no === undefined || open === undefined) throw new Error('three verdicts');
    expect(worstOf([yes, yes])).to.equal(0);
    expect(worstOf([yes, open])).to.equal(2);
    expect(worstOf([open, no, yes])).to.equal(1);
  });
});
