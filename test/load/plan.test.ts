import { expect } from 'chai';
import { type LoadPlan, nextMove, type PlanEvidence, steadyRate } from '../../lab/load/plan.js';
import type { LoadSample, LoadStep } from '../../lab/load/sample.js';

const step = (pipelining: number): LoadStep => ({ connections: 1_000, pipelining, workers: 2 });
const plan: LoadPlan = { steps: [step(1), step(10)], patienceMs: 3_000, durationMs: 10_000 };

/** Ten samples a second at the rates given, one rate per sample. */
function samples(...rates: readonly number[]): readonly LoadSample[] {
  let responses = 0;
  return rates.map((rate, i) => {
    responses += rate / 10;
    const at = 1_000_000 + i * 100;
    return {
      at,
      responses,
      requestsPerSecond: rate,
      errors: 0,
      timeouts: 0,
      step: step(1),
      lastResponseAt: at - 1,
    };
  });
}

const settled: PlanEvidence = {
  elapsedMs: 2_600,
  stepIndex: 0,
  stepElapsedMs: 2_600,
  samples: samples(...Array.from({ length: 15 }, () => 20_000)),
  silentMs: 5,
  slowestProbeMs: 12,
};

describe('The load plan', () => {
  it('goes on to the next step when the rate has settled and fresh connections are answered quickly', () => {
    const move = nextMove(plan, settled);
    expect(move).to.deep.include({ kind: 'push', stepIndex: 1, step: step(10) });
    expect(move.kind === 'push' && move.why)
      .to.include('settled at 20000 requests/s')
      .and.include('12 ms');
  });

  it('stays while the rate still rises', () => {
    const rising = samples(...Array.from({ length: 15 }, (_, i) => i * 2_000));
    expect(nextMove(plan, { ...settled, samples: rising })).to.deep.equal({ kind: 'stay' });
  });

  it('stays while fresh connections wait, for a queue is what it wants', () => {
    expect(nextMove(plan, { ...settled, slowestProbeMs: 600 })).to.deep.equal({ kind: 'stay' });
    expect(nextMove(plan, { ...settled, slowestProbeMs: undefined })).to.deep.equal({ kind: 'stay' });
  });

  it('goes on without any such evidence when its patience is at an end', () => {
    const move = nextMove(plan, { ...settled, slowestProbeMs: undefined, stepElapsedMs: 3_000 });
    expect(move).to.deep.include({ kind: 'push', why: 'no hang within 3.0 s' });
  });

  it('disturbs no silence, which may be the beginning of the hang', () => {
    const silent = { ...settled, silentMs: 500, stepElapsedMs: 5_000, elapsedMs: 12_000 };
    expect(nextMove(plan, silent)).to.deep.equal({ kind: 'stay' });
  });

  it('keeps the last step to the end of the plan', () => {
    const last = { ...settled, stepIndex: 1, stepElapsedMs: 6_000, elapsedMs: 9_999 };
    expect(nextMove(plan, last)).to.deep.equal({ kind: 'stay' });
    expect(nextMove(plan, { ...last, elapsedMs: 10_000 })).to.deep.equal({
      kind: 'end',
      why: 'the server still answers after 10.0 s of load',
    });
  });

  it('ends even when a silence never becomes a verdict', () => {
    const move = nextMove(plan, { ...settled, silentMs: 5_000, elapsedMs: 20_000 });
    expect(move.kind).to.equal('end');
  });
});

describe('A steady rate', () => {
  it('needs both halves of the time to agree', () => {
    expect(steadyRate(samples(100, 100, 100, 100, 100, 100))).to.equal(100);
    expect(steadyRate(samples(100, 100, 100, 1_000, 1_000, 1_000))).to.equal(undefined);
  });

  it('is not known from a handful of samples, nor of a server that answers nothing', () => {
    expect(steadyRate(samples(100, 100))).to.equal(undefined);
    expect(steadyRate(samples(0, 0, 0, 0, 0, 0))).to.equal(undefined);
  });
});
