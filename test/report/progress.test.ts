import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { createLogUpdate } from 'log-update';
import type { LabEvent } from '../../lab/events.js';
import { type ProgressOptions, progressReporter } from '../../lab/report/progress.js';

const step = { connections: 1_000, pipelining: 10, workers: 2 };
const sample = (at: number): LabEvent => ({
  type: 'load-sample',
  sample: { at, responses: at * 31, requestsPerSecond: 31_204, errors: 3, timeouts: 12, step },
});
const answered: LabEvent = { type: 'probe', outcome: { kind: 'answered', at: 0, ms: 12, status: 200 } };
const silent: LabEvent = { type: 'probe', outcome: { kind: 'timed-out', at: 0, ms: 1_500, connected: true } };
const why =
  'nothing served for 1.5 s, the process lives, and its CPU time has stood still for as long as that';

/** A run of five seconds that hangs in the third. */
function* story(): Generator<[number, LabEvent]> {
  yield [0, { type: 'stage-started', stage: 'load', text: 'loading http://127.0.0.1:10080/ until it hangs' }];
  yield [0, { type: 'load-step', step, why: 'the first step, and a long reason for it: '.repeat(4) }];
  for (let ms = 0; ms < 5_000; ms += 100) {
    yield [ms, sample(ms)];
    yield [ms, ms < 3_000 ? answered : silent];
    if (ms > 4_000) yield [ms, { type: 'health', at: ms, health: 'hung-idle', why }];
  }
  yield [5_000, { type: 'stage-finished', stage: 'load', ms: 5_000, text: `hung-idle: ${why}` }];
}

function printed(options: Partial<ProgressOptions> & { readonly columns?: number }): string {
  const stream = Object.assign(new PassThrough(), {
    columns: options.columns ?? 80,
    rows: 24,
    isTTY: options.live !== undefined,
  });
  let now = 0;
  const base = { stream, live: undefined, colour: false, quiet: false, now: () => now };
  const progress = progressReporter({ ...base, ...options });
  for (const [at, event] of story()) {
    now = at;
    progress.emit(event);
  }
  progress.stop();
  progress.emit({ type: 'note', text: 'too late' });
  return String(stream.read() ?? '');
}

describe('the progress of a run', () => {
  it('is plain lines of at most 80 columns in a log', () => {
    const text = printed({});
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(80);
    expect(stripVTControlCharacters(text)).to.equal(text);
    expect(text).to.contain('31,204 requests/s').and.to.contain('connected, but no answer within 1500 ms');
    expect(text).to.not.contain('too late');
  });

  it('has at most one line a second of each kind in a log, and each change', () => {
    const lines = printed({}).split('\n');
    expect(lines.filter((line) => line.startsWith('load') && line.includes('requests/s'))).to.have.length(5);
    expect(lines.filter((line) => line.startsWith('probe'))).to.have.length(5);
    expect(lines.filter((line) => line.startsWith('health'))).to.have.length(1);
  });

  it('is one live line on a terminal, never wider than it, with probes as marks', () => {
    for (const columns of [60, 80, 200]) {
      const text = printed({ live: createLogUpdate, colour: true, columns });
      const plain = stripVTControlCharacters(text);
      for (const line of plain.split(/[\r\n]/))
        expect(line.length, line).to.be.at.most(Math.min(columns, 120));
      expect(plain).to.contain('31,204 requests/s');
      expect(plain).to.match(/probes \.+x/);
      expect(plain).to.contain('hung-idle: nothing served');
    }
  });

  it('never hides the cursor, which would stay hidden when the lab is killed', () => {
    expect(printed({ live: createLogUpdate })).to.not.contain('\u001b[?25l');
  });

  it('is nothing with --quiet', () => {
    expect(printed({ quiet: true })).to.equal('');
    expect(printed({ quiet: true, live: createLogUpdate })).to.equal('');
  });
});
