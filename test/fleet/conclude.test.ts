import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { concludeFleet, type FleetSeen } from '../../lab/fleet/conclude.js';
import type { Fate } from '../../lab/fleet/fates.js';
import { fleetCauses } from '../../lab/fleet/same-cause.js';
import type { InstanceState } from '../../lab/fleet/state.js';
import { fleet } from '../../lab/scenarios/fleet.js';
import { diagnosisLike, findingLike } from '../fakes/diagnosis.js';

const deadlock = (resource = 'main.Metrics.inChannel'): Diagnosis =>
  diagnosisLike({
    verdict: 'deadlock',
    findings: [
      findingLike({
        ...{ class: 'communication', subtype: 'channel', certainty: 'strong', victims: 500 },
        ...{ functions: ['main.(*Metrics).SetM'], resources: [resource] },
      }),
    ],
  });

const fate = (name: string, state: InstanceState): Fate => ({
  ...{ name, state, why: `it is ${state}`, answeredAgain: 0 },
  ...{ hungAt: state === 'hung' ? 1 : null, seenByHttpMs: null, seenByTcpMs: null },
});

function seen(states: readonly InstanceState[], more: Partial<FleetSeen> = {}): FleetSeen {
  const fates = states.map((state, i) => fate(`i${i + 1}`, state));
  const diagnoses =
    more.diagnoses ??
    new Map(fates.filter(({ state }) => state === 'hung').map(({ name }) => [name, deadlock()] as const));
  return {
    ...{ fixed: false, scenario: fleet, fates, loadEnd: { kind: 'stopped' }, balancerExit: undefined },
    ...{ uncaptured: new Map(), recovery: undefined },
    findings: fleetCauses([...diagnoses].map(([name, diagnosis]) => ({ name, diagnosis }))),
    ...more,
    diagnoses,
  };
}

const verdict = (given: FleetSeen): string => concludeFleet(given).verdict;

describe('the conclusion of a fleet', () => {
  it('is as expected where several hang for the expected reason', () => {
    const { summary, exitCode } = concludeFleet(seen(['hung', 'hung', 'overloaded']));
    expect(exitCode).to.equal(0);
    expect(summary).to.match(/^2 of 3 hung, 1 overloaded, for one reason: main\.Metrics\.inChannel/);
  });

  it('is another one where none hangs, and open where one does', () => {
    expect(verdict(seen(['serving', 'serving', 'serving']))).to.equal('refuted');
    expect(verdict(seen(['serving', 'hung', 'serving']))).to.equal('unknown');
    expect(verdict(seen(['hung'])), 'of one instance').to.equal('confirmed');
    expect(verdict(seen(['serving', 'overloaded', 'serving'])), 'still silent').to.equal('unknown');
  });

  it('is as expected where one hangs that held every client, and says so', () => {
    const held = { by: ['i2'], sessions: 2_001, connections: 2_000 };
    const { summary, exitCode } = concludeFleet(seen(['serving', 'hung', 'serving'], { held }));
    expect(exitCode).to.equal(0);
    expect(summary).to.contain('i2 held every client of a load with 2,000 connections');
  });

  it('is another one where two instances hang for two reasons', () => {
    const diagnoses = new Map([
      ['i1', deadlock()],
      ['i2', deadlock('main.Hub.events')],
    ]);
    expect(verdict(seen(['hung', 'hung'], { diagnoses }))).to.equal('refuted');
  });

  it('is open whenever it was disturbed, however much hangs', () => {
    const hung: readonly InstanceState[] = ['hung', 'hung', 'hung'];
    const killed = { kind: 'killed', signal: 'SIGKILL' } as const;
    expect(verdict(seen(hung, { balancerExit: killed }))).to.equal('unknown');
    expect(verdict(seen(hung, { uncaptured: new Map([['i2', 'pid 7 ended']]) }))).to.equal('unknown');
    for (const state of ['ended', 'cut-off', 'paused', 'refusing'] as const) {
      expect(verdict(seen(['hung', 'hung', state])), state).to.equal('unknown');
    }
  });

  it('of a repaired fleet is as expected only where each served and gave a healthy core', () => {
    const healthy = (names: readonly string[]) =>
      new Map(names.map((name) => [name, diagnosisLike({})] as const));
    const served: readonly InstanceState[] = ['serving', 'serving'];
    const fixed = (states: readonly InstanceState[], cores: readonly string[]): string =>
      verdict(seen(states, { fixed: true, diagnoses: healthy(cores) }));
    expect(fixed(served, ['i1', 'i2'])).to.equal('confirmed');
    expect(fixed(served, ['i1'])).to.equal('unknown');
    expect(fixed(['serving', 'hung'], ['i1', 'i2'])).to.equal('refuted');
    const accused = new Map([['i1', deadlock()]]);
    expect(verdict(seen(served, { fixed: true, diagnoses: accused }))).to.equal('refuted');
  });

  it('is another one where the restart lost requests or left an instance out', () => {
    const recovery = {
      ...{ steps: [], living: ['i3'], serving: ['i1', 'i2', 'i3'] },
      visits: { answered: 40, failed: 0 },
    };
    const states: readonly InstanceState[] = ['hung', 'hung', 'serving'];
    expect(verdict(seen(states, { recovery }))).to.equal('confirmed');
    expect(
      verdict(seen(states, { recovery: { ...recovery, visits: { answered: 40, failed: 1 } } })),
    ).to.equal('refuted');
    expect(verdict(seen(states, { recovery: { ...recovery, serving: ['i1', 'i3'] } }))).to.equal('refuted');
  });
});
