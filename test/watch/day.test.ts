import { expect } from 'chai';
import { lookalikes, planDay } from '../../bench/day/plan.js';
import { summaryOf } from '../../bench/day/report.js';
import { scenarios } from '../../lab/scenarios/index.js';

const kinds = scenarios.slice(0, 3);
const size = { episodes: 500, hangs: 50, seed: 7 };
const ofDay = (asked: Parameters<typeof planDay>[0]) => planDay(asked, kinds).flat();

describe('the plan of a day on duty', () => {
  it('has as many hangs and as many other episodes as were asked for, in the order of the clock', () => {
    const all = ofDay(size);
    const hangs = all.filter(({ kind }) => kind === 'hang');
    expect([hangs.length, all.length - hangs.length]).to.deep.equal([50, 500]);
    expect(new Set(hangs.map(({ to }) => to))).to.deep.equal(new Set(kinds.map(({ name }) => name)));
    const clocks = all.map(({ clock }) => clock);
    expect(clocks).to.deep.equal([...clocks].sort());
    expect(clocks.every((clock) => /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(clock))).to.equal(true);
  });

  it('has every kind of episode, each as long as it may be, and what only the desk knows at the desk', () => {
    const others = ofDay(size).flatMap((one) => (one.kind === 'hang' ? [] : [one]));
    expect(new Set(others.map(({ kind }) => kind))).to.deep.equal(new Set(Object.keys(lookalikes)));
    for (const { kind, seconds, to } of others) {
      expect(seconds).to.be.within(lookalikes[kind].least, lookalikes[kind].most);
      if (lookalikes[kind].on === 'desk') expect(to).to.equal('desk');
    }
  });

  it('ends each shift with the hang of the build that was deployed last', () => {
    for (const shift of planDay(size, kinds)) {
      const deployed = shift.findLast(({ kind }) => kind === 'deployment')?.to;
      expect(shift.at(-1)).to.include({ kind: 'hang', to: deployed });
    }
  });

  it('is the same for the same seed, and has the kinds alone that were asked for', () => {
    expect(ofDay(size)).to.deep.equal(ofDay(size));
    expect(ofDay(size)).to.not.deep.equal(ofDay({ ...size, seed: 8 }));
    const few = ofDay({ ...size, kinds: ['pause'] }).map(({ kind }) => kind);
    expect(new Set(few)).to.deep.equal(new Set(['deployment', 'pause', 'hang']));
  });
});

describe('the summary of a day on duty', () => {
  const nothing = { requests: 0, lost: 0, slowestMs: 0 };
  const counted = { quiet: nothing, disturbed: nothing, hung: nothing, restarting: nothing };
  const [shift = []] = planDay({ episodes: 2, hangs: 1, seed: 1 }, kinds);
  const [deployed, , hung] = shift;
  const result = (captures: readonly string[], wrong: readonly string[], afterMs: number) => ({
    lived: [deployed, hung].flatMap((episode) => {
      if (episode === undefined) return [];
      const about = { episode, at: '2026-11-30T07:00:00.000Z', said: [] };
      if (episode.kind !== 'hang') return [{ ...about, captures }];
      const hang = { scenario: 'audit', rule: 'channel-lock', kind: 'caught' as const, afterMs, wrong };
      return [{ ...about, captures: [], hang }];
    }),
    ...{ counted, losses: [], watch: { cpuS: 1, rssBytes: 1, wallS: 100 } },
  });

  it('counts what was caught in time and with the right cause, and cores of what is no hang', () => {
    const {
      hangs,
      lookalikes: others,
      watch,
    } = summaryOf([result([], [], 5_000), result(['x'], ['y'], 11_000)]);
    expect(hangs).to.include({ hung: 2, caught: 2, inTime: 1, rightCause: 1 });
    expect(others).to.include({ lived: 2, falseCaptures: 1 });
    expect(watch.share).to.equal(0.01);
  });
});
