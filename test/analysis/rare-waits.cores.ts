import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { expectNothing } from '../nothing-found.js';
import { isSure } from '../sure.js';

const { signal } = new AbortController();
const gos = await goTools(signal);

interface Expected {
  readonly rule: string;
  readonly subtype: string;
  /** A function of the program on the stack of each goroutine of the root cause, in any order. */
  readonly functions: readonly string[];
}

const faulty: Readonly<Record<string, Expected>> = {
  'keyed-locks': { rule: 'lock-order', subtype: 'ab-ba', functions: ['main.transfer', 'main.transfer'] },
  'keyed-entries': { rule: 'lock-order', subtype: 'ab-ba', functions: ['main.move', 'main.move'] },
  'read-again': {
    ...{ rule: 'lost-signal', subtype: 'condvar' },
    functions: ['main.(*board).next', 'main.(*board).post'],
  },
  'timer-drained': { rule: 'stopped-timer', subtype: 'channel', functions: ['main.(*line).listen'] },
  'dropped-request': { rule: 'forgotten-close', subtype: 'channel', functions: ['main.(*store).get'] },
  'lost-future': { rule: 'forgotten-close', subtype: 'channel', functions: ['main.(*future).get'] },
  'callbacks-late': {
    ...{ rule: 'leaked-sender', subtype: 'channel' },
    functions: ['main.(*loop).post', 'main.(*loop).post'],
  },
  'once-again': { rule: 'double-lock', subtype: 'double-lock', functions: ['main.(*settings).load'] },
};

/** Of what Go up to 1.20 lacks. */
const faultyOfNewer: Readonly<Record<string, Expected>> = {
  'after-func': {
    ...{ rule: 'channel-lock', subtype: 'channel-lock' },
    functions: ['main.(*lease).end', 'main.(*lease).expire'],
  },
};

const healthy = [
  ...['keyed-locks-like', 'read-again-fixed', 'timer-drained-fixed', 'timer-reset-like', 'times-sent-like'],
  ...['dropped-request-fixed', 'lost-future-fixed', 'callbacks-like', 'once-slow-like', 'signals-like'],
];
const healthyOfNewer = ['after-func-fixed'];

for (const { go, flags } of twoBuilds(gos)) {
  describe(`rarer waits in cores of ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(180_000);
    const isNewer = Number(/^go1\.(\d+)/.exec(go.version)?.[1]) >= 21;
    const faults = { ...faulty, ...(isNewer ? faultyOfNewer : {}) };
    const sound = [...healthy, ...(isNewer ? healthyOfNewer : [])];
    const program = fixtureProgram({ go, fixture: 'rare', flags, method: 'helper' });
    const diagnosed = diagnosedSideBySide(program, [...Object.keys(faults), ...sound, 'parked']);

    for (const [name, { rule, subtype, functions }] of Object.entries(faults)) {
      it(`are told by ${rule}: ${name}`, async () => {
        const diagnosis = diagnosisSchema.parse(await diagnosed(name));
        const [finding, ...others] = diagnosis.findings;
        expect(others).to.deep.equal([]);
        expect(finding).to.include({ rule, subtype }).and.satisfy(isSure);
        const stacks = finding?.rootCause.goroutines.map(({ stack }) => stack.map((f) => f.function)) ?? [];
        expect(stacks).to.have.length(functions.length);
        for (const name of new Set(functions)) {
          const expected = functions.filter((other) => other === name).length;
          expect(stacks.filter((stack) => stack.includes(name))).to.have.length(expected);
        }
      });
    }

    for (const name of sound) {
      it(`are not told where somebody may still come: ${name}`, async () => {
        expectNothing(await diagnosed(name), name.endsWith('-like'));
      });
    }

    it('are suspected where a goroutine other than main has parked itself for good', async () => {
      const { verdict, findings } = await diagnosed('parked');
      expect(verdict).to.equal('unknown');
      expect(findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
        'empty-select suspected',
      ]);
    });
  });
}
