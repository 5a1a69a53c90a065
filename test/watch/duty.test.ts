import { expect } from 'chai';
import type { ProbeOutcome } from '../../lab/hang/health.js';
import { dutyConfig, onDuty, type Sighting, startDuty } from '../../lab/watch/duty.js';
import type { DutyAction, DutyState } from '../../lab/watch/duty-state.js';
import { randomFrom } from '../random.js';

/** What a service does for a while, as it is seen from outside. */
interface Behaviour {
  /** What a probe that begins now comes to. */
  readonly probe: 'answered' | 'late' | 'timed-out' | 'unconnected' | 'refused' | 'cut';
  readonly state?: 'S' | 'R' | 'T' | 'D';
  /** Of one processor. */
  readonly cpu?: number;
  readonly writes?: number;
  readonly uninterruptible?: number;
  readonly queued?: number;
  readonly runnable?: number;
  readonly progress?: number;
  readonly goroutines?: number;
}

const timeoutMs = 2_000;
const healthy: Behaviour = { probe: 'answered', cpu: 0.2, writes: 20_000, progress: 50, goroutines: 0 };

/** A service in simulated time, and the watch over it. */
class Simulation {
  now = 1_700_000_000_000;
  state: DutyState = startDuty(dutyConfig(timeoutMs), this.now);
  readonly told: { readonly at: number; readonly action: DutyAction }[] = [];
  #cpuMs = 0;
  #written = 0;
  #progress = 0;
  #goroutines = 12;
  /** Probes under way, with when their outcome becomes known. */
  #pending: { readonly at: number; readonly outcome: ProbeOutcome }[] = [];

  see(sighting: Sighting): void {
    const { state, actions } = onDuty(this.state, sighting);
    this.state = state;
    for (const action of actions) this.told.push({ at: this.now, action });
  }

  /** Lets the service behave like that; probes that begin in it, and every look, see it. */
  run(how: Behaviour, ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      if (Math.floor(this.now / 1_000) !== Math.floor((this.now - 100) / 1_000)) this.#probe(how);
      this.now += 100;
      const { cpu = 0, writes = 0, progress = 0, goroutines = 0 } = how;
      this.#cpuMs += cpu * 100;
      this.#written += writes / 10;
      this.#progress += progress / 10;
      this.#goroutines += goroutines / 10;
      for (const { outcome } of this.#pending.filter(({ at }) => at <= this.now))
        this.see({ kind: 'probe', outcome });
      this.#pending = this.#pending.filter(({ at }) => at > this.now);
      if (this.now % 300 === 0) this.#look(how);
      if (
        this.now % (this.state.phase.kind === 'confirming' ? 1_000 : 5_000) === 0 &&
        how.probe !== 'refused'
      ) {
        const look = {
          at: this.now,
          progress: Math.round(this.#progress),
          goroutines: Math.round(this.#goroutines),
        };
        this.see({ kind: 'service', look });
      }
    }
  }

  #probe({ probe }: Behaviour): void {
    const at = this.now;
    const outcomes: Readonly<Record<Behaviour['probe'], ProbeOutcome>> = {
      answered: { kind: 'answered', at, ms: 20, status: 200 },
      late: { kind: 'answered', at, ms: 1_700, status: 200 },
      'timed-out': { kind: 'timed-out', at, ms: timeoutMs, connected: true },
      unconnected: { kind: 'timed-out', at, ms: timeoutMs, connected: false },
      refused: { kind: 'refused', at, ms: 1 },
      cut: { kind: 'cut', at, ms: 5, message: 'ECONNRESET' },
    };
    const outcome = outcomes[probe];
    this.#pending.push({ at: at + outcome.ms, outcome });
  }

  #look({ state = 'S', uninterruptible = 0, queued = 0, runnable = 0 }: Behaviour): void {
    const at = this.now;
    const stats = { at, state, cpuMs: this.#cpuMs, rssBytes: 1e8, majorFaults: 0, runnable };
    this.see({ kind: 'process', stats });
    this.see({ kind: 'host', look: { at, uninterruptible, written: Math.round(this.#written), queued } });
  }

  /** The service ends and comes again as another process. */
  restart(downMs: number): void {
    this.see({ kind: 'exit', at: this.now, exit: { kind: 'gone' } });
    this.#pending = [];
    this.run({ probe: 'refused' }, downMs);
    [this.#cpuMs, this.#written, this.#progress, this.#goroutines] = [0, 0, 0, 12];
    this.see({ kind: 'new-process', at: this.now });
  }

  captures(): readonly number[] {
    return this.told.flatMap(({ at, action }) => (action.kind === 'capture' ? [at] : []));
  }
}

/** Ways in which a service hangs: until it is restarted. */
const hangs: Readonly<Record<string, Behaviour>> = {
  'all handlers wait for a lock': { probe: 'timed-out', queued: 0 },
  'a background job still runs now and then': { probe: 'timed-out', cpu: 0.04 },
  'it still writes its log': { probe: 'timed-out', cpu: 0.02, writes: 4_000 },
  'nobody accepts connections': { probe: 'timed-out', queued: 40 },
  'its accept queue is full': { probe: 'unconnected', queued: 4_096 },
  'a livelock that writes nothing': { probe: 'timed-out', cpu: 0.95, state: 'R', runnable: 1 },
  'spinning on every processor': { probe: 'timed-out', cpu: 2, state: 'R', runnable: 2 },
  'goroutines still accumulate': { probe: 'timed-out', goroutines: 40 },
  'a timer keeps it a little busy': { probe: 'timed-out', cpu: 0.08 },
  'connections are taken and left': { probe: 'timed-out', cpu: 0.01, queued: 1 },
};

/** What looks like a hang, and how long it may last, seconds. */
const lookalikes: readonly (readonly [string, (sim: Simulation, seconds: number) => void, number, number])[] =
  [
    [
      'load peak',
      (sim, s) =>
        sim.run({ probe: 'timed-out', cpu: 1.9, writes: 90_000, progress: 70, goroutines: 20 }, s * 1_000),
      5,
      60,
    ],
    [
      'late answers',
      (sim, s) => sim.run({ probe: 'late', cpu: 0.9, writes: 30_000, progress: 10 }, s * 1_000),
      5,
      90,
    ],
    [
      'garbage collection',
      (sim, s) => sim.run({ probe: 'timed-out', cpu: 1.8, state: 'R', runnable: 2 }, s * 1_000),
      1,
      3,
    ],
    ['SIGSTOP', (sim, s) => sim.run({ probe: 'timed-out', state: 'T' }, s * 1_000), 1, 120],
    ['restart', (sim, s) => sim.restart(s * 1_000), 1, 20],
    ['port closed', (sim, s) => sim.run({ probe: 'refused', cpu: 0.05 }, s * 1_000), 1, 30],
    ['connections cut', (sim, s) => sim.run({ probe: 'cut', cpu: 0.05 }, s * 1_000), 1, 30],
    ['network cut', (sim, s) => sim.run({ probe: 'unconnected', cpu: 0.01 }, s * 1_000), 3, 120],
    ['disk stall', (sim, s) => sim.run({ probe: 'timed-out', uninterruptible: 3 }, s * 1_000), 3, 60],
    [
      'frozen group',
      (sim, s) => sim.run({ probe: 'timed-out', state: 'D', uninterruptible: 8 }, s * 1_000),
      3,
      60,
    ],
    [
      'kept from the processors',
      (sim, s) =>
        sim.run({ probe: 'timed-out', cpu: 0.02, runnable: 6, writes: 5_000, progress: 2 }, s * 1_000),
      2,
      30,
    ],
    ['a short silence', (sim, s) => sim.run({ probe: 'timed-out' }, s * 1_000), 1, 3],
  ];

describe('the watch over a service, in simulated time', function () {
  this.timeout(60_000);

  for (const [name, how] of Object.entries(hangs)) {
    it(`catches a hang once, within 10 s after the probe timeout: ${name}`, () => {
      const sim = new Simulation();
      sim.run(healthy, 30_000);
      const began = sim.now;
      sim.run(how, 300_000);
      const [first, ...more] = sim.captures();
      expect(first).to.be.within(began, began + timeoutMs + 10_000);
      expect(more).to.deep.equal([]);
      expect(sim.told.map(({ action }) => action.kind)).to.deep.equal(['look', 'look', 'capture']);
    });
  }

  for (const [name, happens, , longest] of lookalikes) {
    it(`takes nothing of what is none: ${name}`, () => {
      const sim = new Simulation();
      sim.run(healthy, 30_000);
      happens(sim, longest);
      sim.run(healthy, 60_000);
      expect(sim.captures()).to.deep.equal([]);
    });
  }

  it('finds 50 hangs among 500 episodes of a day, each within 10 s after the probe timeout, and nothing else', () => {
    const random = randomFrom(20_261_130);
    const sim = new Simulation();
    const kinds = Object.values(hangs);
    const began: number[] = [];
    const happened: { readonly name: string; readonly from: number }[] = [];
    const from = sim.now;
    for (let episode = 0; episode < 550; episode += 1) {
      sim.run(healthy, 20_000 + random() * 40_000);
      if (episode % 11 === 5) {
        began.push(sim.now);
        happened.push({ name: 'hang', from: sim.now });
        sim.run(kinds[began.length % kinds.length] ?? healthy, 20_000 + random() * 60_000);
        sim.restart(3_000);
        continue;
      }
      const [name = '', happens, least = 1, most = 1] =
        lookalikes[Math.floor(random() * lookalikes.length)] ?? [];
      happened.push({ name, from: sim.now });
      happens?.(sim, least + random() * (most - least));
    }
    expect(sim.now - from).to.be.above(8 * 3_600_000);
    expect(began).to.have.length(50);
    const captures = sim.captures();
    const whose = captures.map((at) => happened.findLast((one) => one.from <= at)?.name);
    expect(whose.filter((name) => name !== 'hang')).to.deep.equal([]);
    const late = captures.map((at, i) => at - (began[i] ?? 0));
    expect(captures).to.have.length(50);
    expect(Math.min(...late)).to.be.above(0);
    expect(Math.max(...late)).to.be.at.most(timeoutMs + 10_000);
  });

  it('catches by its counter a service whose probe still answers', () => {
    const sim = new Simulation();
    sim.run({ ...healthy, goroutines: 0 }, 60_000);
    sim.run({ probe: 'answered', cpu: 0.01, goroutines: 1 }, 120_000);
    expect(sim.captures()).to.have.length(1);
    expect(sim.told.find(({ action }) => action.kind === 'capture')?.action)
      .to.have.property('why')
      .that.matches(/counter has stood still/);
  });

  it('leaves a service alone that has nothing to do', () => {
    const sim = new Simulation();
    sim.run(healthy, 60_000);
    sim.run({ probe: 'answered', cpu: 0 }, 600_000);
    expect(sim.told).to.deep.equal([]);
  });

  it('tells that a service answers again, and catches its next hang', () => {
    const sim = new Simulation();
    sim.run(healthy, 30_000);
    sim.run({ probe: 'timed-out' }, 30_000);
    sim.run(healthy, 30_000);
    sim.run({ probe: 'timed-out' }, 30_000);
    const told = sim.told.map(({ action }) => action.kind);
    expect(told).to.deep.equal(['look', 'look', 'capture', 'recovered', 'look', 'look', 'capture']);
  });
});
