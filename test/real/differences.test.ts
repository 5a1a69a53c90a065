import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { diagnosisLike, findingLike } from '../fakes/diagnosis.js';
import { falseAlarms, faultyDifferences } from './differences.js';
import { type Expected, readCases } from './reported-case.js';

const expected: Expected = {
  verdict: 'deadlock',
  accept: [
    ['communication', 'channel'],
    ['mixed', 'channel-lock'],
  ],
  functions: ['Publish'],
  objects: ['confirms.m'],
  rules: ['a-rule'],
  victimsMin: 2,
  seconds: 8,
  fixed: null,
  ref: 'nowhere#1',
};
const right = {
  class: 'mixed',
  subtype: 'channel-lock',
  certainty: 'strong',
  functions: ['amqp.(*confirms).Publish'],
  resources: ['amqp.confirms.m'],
  victims: 2,
} as const;
const found = (parts: Partial<Parameters<typeof findingLike>[0]>) =>
  diagnosisLike({ verdict: 'deadlock', findings: [findingLike({ ...right, ...parts })] });

describe('what is expected of a reported deadlock', () => {
  it('is met by a first finding that has all of it', () => {
    expect(faultyDifferences(found({}), expected)).to.deep.equal([]);
  });

  it('may be named by the explanation alone', () => {
    const finding = { ...findingLike({ ...right, functions: [], resources: [] }) };
    const explanation = 'Publish waits for confirms.m';
    const diagnosis = diagnosisLike({ verdict: 'deadlock', findings: [{ ...finding, explanation }] });
    expect(faultyDifferences(diagnosis, expected)).to.deep.equal([]);
  });

  const wrong: Readonly<Record<string, readonly [Diagnosis, Expected, string]>> = {
    'another class': [found({ class: 'resource' }), expected, 'it is resource/channel-lock'],
    'another subtype': [found({ subtype: 'condvar' }), expected, 'it is mixed/condvar'],
    'another rule': [found({}), { ...expected, rules: ['other'] }, 'the rule is a-rule'],
    'a longer word': [
      found({ resources: ['confirms.mu'] }),
      expected,
      'the object confirms.m is not named, but confirms.mu',
    ],
    'another function': [found({ functions: ['main.main'] }), expected, 'the function Publish is not named'],
    'another object': [found({ resources: ['m'] }), expected, 'the object confirms.m is not named, but m'],
    'fewer victims': [found({ victims: 1 }), expected, 'there are 1 victims'],
    'no finding': [diagnosisLike({ verdict: 'deadlock' }), expected, 'nothing is found'],
    'another verdict': [
      diagnosisLike({ ...found({}), verdict: 'unknown' }),
      expected,
      'the verdict is unknown: nothing found',
    ],
  };
  for (const [name, [diagnosis, wanted, difference]] of Object.entries(wrong)) {
    it(`is not met by ${name}`, () => {
      expect(faultyDifferences(diagnosis, wanted)[0]).to.equal(difference);
    });
  }

  it('allows a suspicion, and no more, where there is no fault', () => {
    expect(falseAlarms(found({ certainty: 'suspected' }))).to.deep.equal([]);
    expect(falseAlarms(found({ certainty: 'proved' }))).to.have.length(1);
  });

  it('is told by every folder of the fixtures', () => {
    const { faulty, healthy } = readCases();
    expect(faulty).to.have.length.at.least(16);
    expect(healthy).to.have.length.at.least(4);
    expect(() => readCases(['no-such-case'])).to.throw(/no-such-case/);
  });
});
