import { expect } from 'chai';
import { detectorConfig, type Observation, observe, startDetector } from '../../lab/hang/detector.js';
import type { DetectorState } from '../../lab/hang/detector-state.js';
import type { ProbeOutcome } from '../../lab/hang/health.js';
import type { ProcessStats } from '../../lab/hang/process-stats.js';

const start = 1_000_000;
const config = detectorConfig(1_000);

const answered = (at: number, ms = 5): ProbeOutcome => ({
  kind: 'answered',
  at: start + at,
  ms,
  status: 200,
});
const timedOut = (at: number): ProbeOutcome => ({
  kind: 'timed-out',
  at: start + at,
  ms: 1_000,
  connected: true,
});
const refusedAt = (at: number): ProbeOutcome => ({ kind: 'refused', at: start + at, ms: 1 });
const cutAt = (at: number): ProbeOutcome => ({
  kind: 'cut',
  at: start + at,
  ms: 1,
  message: 'other side closed',
});

interface World {
  /** What a probe that begins at this time sees; a probe begins every 200 ms. */
  readonly probe: (at: number) => ProbeOutcome;
  /** CPU time so far, state letter and so on at this time; a look every 150 ms unless told otherwise. */
  readonly process?: (at: number) => Partial<Omit<ProcessStats, 'at'>>;
  readonly lookEveryMs?: number;
  readonly extra?: readonly Observation[];
  readonly untilMs: number;
}

/** Everything that the world shows, in the order in which it becomes known. */
function play({ probe, process, lookEveryMs = 150, extra = [], untilMs }: World): {
  readonly state: DetectorState;
  readonly healths: readonly string[];
} {
  const known: { readonly at: number; readonly observation: Observation }[] = [];
  for (let at = 0; at <= untilMs; at += 200) {
    const outcome = probe(at);
    known.push({ at: outcome.at + outcome.ms, observation: { kind: 'probe', outcome } });
  }
  for (let at = 0; at <= untilMs; at += lookEveryMs) {
    const stats = { state: 'S', cpuMs: 0, rssBytes: 0, majorFaults: 0, ...process?.(at), at: start + at };
    known.push({ at: stats.at, observation: { kind: 'process', stats } });
  }
  for (const observation of extra) known.push({ at: timeOf(observation), observation });
  known.sort((a, b) => a.at - b.at);
  const healths: string[] = [];
  let state = startDetector(config, start);
  for (const { at, observation } of known) {
    if (at > start + untilMs) break;
    const before = state.judgement;
    state = observe(state, observation);
    if (state.judgement !== before && state.judgement !== undefined) {
      healths.push(`${state.judgement.health}${state.judgement.final ? '!' : ''}`);
    }
  }
  return { state, healths };
}

function timeOf(observation: Observation): number {
  switch (observation.kind) {
    case 'stall':
      return observation.stall.to;
    case 'process':
      return observation.stats.at;
    case 'probe':
      return observation.outcome.at + observation.outcome.ms;
    default:
      return observation.at;
  }
}

const verdictAt = (state: DetectorState): number | undefined =>
  state.judgement?.final === true ? state.judgement.at - start : undefined;

describe('The hang detector', () => {
  it('calls a server healthy that answers in time', () => {
    const { state, healths } = play({ probe: answered, untilMs: 5_000 });
    expect(healths).to.deep.equal(['healthy']);
    expect(state.lastByteAt).to.equal(start + 4_805);
  });

  it('calls a server slow whose answers are late, and healthy again after three quick ones', () => {
    const probe = (at: number): ProbeOutcome => answered(at, at >= 1_000 && at < 2_000 ? 800 : 5);
    const { healths } = play({ probe, untilMs: 5_000 });
    expect(healths).to.deep.equal(['healthy', 'slow', 'healthy']);
  });

  it('calls a silent server hung-idle within a second of its last byte plus the probe timeout', () => {
    const probe = (at: number): ProbeOutcome => (at <= 2_000 ? answered(at) : timedOut(at));
    const { state, healths } = play({
      probe,
      process: (at) => ({ cpuMs: Math.min(at, 2_050) }),
      untilMs: 9_000,
    });
    expect(healths.at(-1)).to.equal('hung-idle!');
    expect(verdictAt(state)).to.be.within(3_005, 4_005);
    expect(state.lastByteAt).to.equal(start + 2_005);
    expect(state.judgement?.why).to.match(/nothing was served for 1\.\d s, \d fresh connections .* CPU time/);
  });

  it('counts a response to the load as a byte served', () => {
    const progress = Array.from(
      { length: 60 },
      (_, i): Observation => ({ kind: 'load', at: start + i * 100, lastResponseAt: start + i * 100 - 10 }),
    );
    const { healths } = play({ probe: timedOut, extra: progress, untilMs: 5_900 });
    expect(healths).to.deep.equal(['healthy', 'slow']);
  });

  it('does not count samples of the load that bring no newer response', () => {
    const progress = Array.from(
      { length: 60 },
      (_, i): Observation => ({ kind: 'load', at: start + i * 100, lastResponseAt: start + 500 }),
    );
    const { state } = play({ probe: timedOut, extra: progress, untilMs: 5_900 });
    expect(state.judgement?.health).to.equal('hung-idle');
    expect(state.lastByteAt).to.equal(start + 500);
  });

  it('knows a server that never served a byte', () => {
    const { state } = play({ probe: timedOut, untilMs: 5_000 });
    expect(state.judgement?.health).to.equal('hung-idle');
    expect(state.firstByteAt).to.equal(undefined);
  });

  it('gives a silent server that computes five seconds before it is hung-busy', () => {
    const probe = (at: number): ProbeOutcome => (at <= 1_000 ? answered(at) : timedOut(at));
    const { state, healths } = play({ probe, process: (at) => ({ cpuMs: at }), untilMs: 9_000 });
    expect(healths.at(-1)).to.equal('hung-busy!');
    expect(healths.filter((health) => health.startsWith('hung'))).to.have.lengthOf(1);
    expect(verdictAt(state)).to.be.within(6_005, 6_400);
  });

  it('gives no verdict on two seconds of silence under garbage collection', () => {
    const probe = (at: number): ProbeOutcome => (at >= 1_000 && at < 2_000 ? timedOut(at) : answered(at));
    const { healths } = play({ probe, process: (at) => ({ cpuMs: 2 * at }), untilMs: 6_000 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
    expect(healths.at(-1)).to.equal('healthy');
  });

  it('does not call a process idle whose threads wait for a processor', () => {
    const { healths } = play({ probe: timedOut, process: () => ({ runnable: 2 }), untilMs: 4_900 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
  });

  it('does not call a process idle that reads its pages from disk', () => {
    const { healths } = play({ probe: timedOut, process: (at) => ({ majorFaults: at }), untilMs: 4_900 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
  });

  it('gives no verdict on a process that is stopped for 900 ms', () => {
    const probe = (at: number): ProbeOutcome =>
      at >= 1_000 && at < 1_900 ? answered(at, 1_905 - at) : answered(at);
    const process = (at: number) => ({ state: at >= 1_000 && at < 1_900 ? 'T' : 'S' });
    const { healths } = play({ probe, process, untilMs: 5_000 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
    expect(healths).to.include('paused');
    expect(healths.at(-1)).to.equal('healthy');
  });

  it('begins to count the silence anew when a stopped process goes on', () => {
    const probe = (at: number): ProbeOutcome => (at < 1_000 ? answered(at) : timedOut(at));
    const process = (at: number) => ({ state: at >= 1_000 && at < 2_500 ? 'T' : 'S' });
    const { state } = play({ probe, process, untilMs: 9_000 });
    expect(state.judgement?.health).to.equal('hung-idle');
    expect(verdictAt(state)).to.be.greaterThan(3_400);
  });

  for (const [letter, how] of [
    ['T', 'stopped by a signal'],
    ['t', 'held by a tracer'],
  ] as const) {
    it(`calls a process in state ${letter} paused after two seconds, never hung`, () => {
      const { state, healths } = play({
        probe: timedOut,
        process: () => ({ state: letter }),
        untilMs: 5_000,
      });
      expect(healths).to.deep.equal(['paused', 'paused!']);
      expect(state.judgement?.why).to.include(how);
    });
  }

  it('calls a process paused that stays in an uninterruptible sleep', () => {
    const { healths } = play({ probe: timedOut, process: () => ({ state: 'D' }), untilMs: 5_000 });
    expect(healths.at(-1)).to.equal('paused!');
  });

  it('calls a living process refused whose port takes no connection any more', () => {
    const probe = (at: number): ProbeOutcome => (at < 1_000 ? answered(at) : refusedAt(at));
    const { state, healths } = play({ probe, untilMs: 5_000 });
    expect(healths.at(-1)).to.equal('refused!');
    expect(verdictAt(state)).to.be.within(2_000, 3_000);
  });

  it('gives no verdict on a refusing port while standing connections are still served', () => {
    const probe = (at: number): ProbeOutcome => (at < 1_000 ? answered(at) : refusedAt(at));
    const extra = Array.from(
      { length: 50 },
      (_, i): Observation => ({ kind: 'load', at: start + i * 100, lastResponseAt: start + i * 100 }),
    );
    const { healths } = play({ probe, extra, untilMs: 4_900 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
  });

  it('does not mistake a server that cuts every connection for a hung one', () => {
    const { state } = play({ probe: cutAt, untilMs: 5_000 });
    expect(state.judgement).to.include({ health: 'refused', final: true });
    expect(state.judgement?.why).to.include('cuts connections');
  });

  it('says at once how a process ended', () => {
    const extra: readonly Observation[] = [
      { kind: 'exit', at: start + 1_500, exit: { kind: 'killed', signal: 'SIGKILL' } },
    ];
    const { state } = play({ probe: answered, extra, untilMs: 5_000 });
    expect(state.judgement).to.deep.equal({
      at: start + 1_500,
      health: 'crashed',
      why: 'the process was ended by SIGKILL',
      final: true,
    });
  });

  it('takes no probe for evidence that timed out while the lab itself stood still', () => {
    // The lab stands still from 1.0 to 3.5 s: every probe under way "times out" when it wakes up.
    const probe = (at: number): ProbeOutcome =>
      at >= 1_000 && at < 3_500
        ? { kind: 'timed-out', at: start + at, ms: 3_501 - at, connected: true }
        : answered(at);
    const extra: readonly Observation[] = [
      { kind: 'stall', stall: { from: start + 1_000, to: start + 3_500 } },
    ];
    const { healths } = play({ probe, extra, untilMs: 6_000 });
    expect(healths).to.deep.equal(['healthy', 'slow', 'healthy']);
  });

  it('needs as much waking time of a starved lab as of a rested one', () => {
    // Out of every 200 ms the lab stands still for 150: one second of evidence takes four.
    const extra = Array.from(
      { length: 50 },
      (_, i): Observation => ({
        kind: 'stall',
        stall: { from: start + i * 200 + 10, to: start + i * 200 + 160 },
      }),
    );
    const { healths } = play({ probe: timedOut, extra, untilMs: 3_800 });
    expect(healths.filter((health) => health.endsWith('!'))).to.deep.equal([]);
  });

  it('waits for CPU time to be known before it calls a silence idle', () => {
    let state = startDetector(config, start);
    for (let at = 0; at <= 3_000; at += 200) {
      state = observe(state, { kind: 'probe', outcome: timedOut(at) });
    }
    expect(state.judgement).to.include({ health: 'slow', final: false });
  });

  it('tells idle from busy where the process is seldom looked at, as over a slow connection', () => {
    const probe = (at: number): ProbeOutcome => (at <= 2_000 ? answered(at) : timedOut(at));
    const seen = (cpuMs: (at: number) => number) =>
      play({ probe, process: (at) => ({ cpuMs: cpuMs(at) }), lookEveryMs: 1_600, untilMs: 9_000 }).healths;
    expect(seen((at) => Math.min(at, 2_050)).at(-1)).to.equal('hung-idle!');
    expect(seen((at) => at)).not.to.include('hung-idle!');
  });

  it('changes nothing after a verdict', () => {
    const probe = (at: number): ProbeOutcome => (at < 3_000 ? timedOut(at) : answered(at));
    const { state, healths } = play({ probe, untilMs: 8_000 });
    expect(healths.at(-1)).to.equal('hung-idle!');
    expect(state.lastByteAt).to.equal(undefined);
  });
});
