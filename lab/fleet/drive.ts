import { epochMs } from '../clock.js';
import { poll } from '../deadline.js';
import type { Emit } from '../events.js';
import type { LoadDriver } from '../load/driver.js';
import { type Escalation, escalate } from '../load/escalate.js';
import type { LoadPlan } from '../load/plan.js';
import type { ProcessExit } from '../targets/target.js';
import type { RunningBalancer } from './balancer/balancer.js';
import type { Captures } from './captures.js';
import { type Held, watchHolding } from './held.js';
import type { Instance } from './instance.js';
import type { FleetObserver } from './observe.js';
import type { FleetSample } from './sample.js';
import { isLost } from './state.js';

export interface DriveFleet {
  readonly instances: readonly Instance[];
  readonly balancer: RunningBalancer;
  /** Whether that one asks the instances over HTTP by itself, so that it hears of a hang without anybody's request. */
  readonly asks: boolean;
  readonly driver: LoadDriver;
  readonly plan: LoadPlan;
  /** URL of the service, through the balancer. */
  readonly url: string;
  readonly captures: Captures;
  /** A healthy fleet: each instance gives a core in the midst of the hardest load. */
  readonly fixed: boolean;
  /** What else is done to the service while it is loaded. */
  readonly alongside?: (signal: AbortSignal) => AsyncDisposable;
  /** That many lost instances are enough; the rest is to be kept. */
  readonly enoughLost: number;
}

export interface Driven {
  readonly escalation: Escalation;
  /** How the balancer ended, when it did. */
  readonly balancerExit: ProcessExit | undefined;
  /** Whether clients were left who asked anybody else than what hangs. */
  readonly held: Held | undefined;
}

/** A silent instance gets this long after the load to become a verdict, or to answer: a busy machine needs it. */
const settleWithinMs = 30_000;

/** By then the clients of a step have connected again. */
const workingAfterMs = 1_000;
/** Answers a second of an instance, by the balancer's count, that a visitor alone does not bring about. */
const workingRate = 50;

/** What the load wants to know of each look, and who begins captures. */
export interface FleetDriver {
  /** To be told of each look at the fleet. */
  onSample(sample: FleetSample): void;
  run(observer: FleetObserver, emit: Emit, signal: AbortSignal): Promise<Driven>;
}

/**
 * Loads the service through its balancer, step by step, until enough instances are lost, the balancer is, or the plan
 * ends. Each instance that hangs gives its core at once, while the others serve. Afterwards, with the load gone, it waits
 * until each instance has answered or has been found lost, and every core is taken.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the driver share what was sent and answered
export function fleetDriver(options: DriveFleet): FleetDriver {
  const { instances, balancer, captures, plan } = options;
  const enough = new AbortController();
  let hardestSince: number | undefined;
  let atWork = false;
  const holding = watchHolding();
  let connections: number | undefined;
  /** A healthy fleet gives its cores in the midst of the hardest load, which lasts until it has. */
  const lookAtHealthy = (sample: FleetSample): void => {
    const lasted = hardestSince === undefined ? 0 : sample.at - hardestSince;
    if (lasted < workingAfterMs) return;
    atWork ||= sample.instances.some(({ responsesPerSecond }) => (responsesPerSecond ?? 0) >= workingRate);
    if (!atWork) return;
    for (const instance of instances) captures.want(instance);
    if (lasted >= plan.patienceMs && captures.idle()) enough.abort();
  };
  return {
    onSample(sample) {
      const lost = sample.instances.filter(({ state }) => isLost(state)).length;
      for (const { name, state } of sample.instances) {
        const instance = instances.find((one) => one.name === name);
        if (state === 'hung' && instance !== undefined) captures.want(instance);
      }
      if (options.fixed) lookAtHealthy(sample);
      if (sample.phase === 'load' && connections !== undefined) holding.onSample(sample, connections);
      if ((lost >= options.enoughLost || holding.held() !== undefined) && captures.idle()) enough.abort();
    },
    async run(observer, emit, signal) {
      void balancer.exited.then(() => enough.abort());
      const seen: Emit = (event) => {
        if (event.type === 'load-step') connections = event.step.connections;
        if (event.type === 'load-step' && event.step === plan.steps.at(-1)) hardestSince = epochMs();
        emit(event);
      };
      const beside: AsyncDisposable[] = [];
      const endBeside = async () => {
        for (const one of beside.splice(0)) await one[Symbol.asyncDispose]();
      };
      // Until the cores are taken: who asked for what hangs is still there.
      await using _beside = { [Symbol.asyncDispose]: endBeside };
      const escalation = await Promise.race([
        observer.broke,
        escalate(
          {
            onStart: () => void (options.alongside && beside.push(options.alongside(signal))),
            ...{ driver: options.driver, url: options.url, plan, enough: enough.signal },
            // What is left of the fleet gets the same load, however silent some of it is.
            look: () => ({ silentMs: 0, slowestProbeMs: undefined }),
            onSample: (sample) => observer.onLoad(sample),
          },
          seen,
          signal,
        ),
      ]);
      // A healthy fleet has given its cores by now, and is looked at without any load.
      if (options.fixed) await endBeside();
      observer.onLoad(undefined);
      observer.setPhase('settle');
      await Promise.race([observer.broke, settle(observer, epochMs(), signal)]);
      await captures.settled();
      return { escalation, balancerExit: balancer.process.exit(), held: holding.held() };
    },
  };

  async function settle(observer: FleetObserver, since: number, signal: AbortSignal): Promise<void> {
    // What an instance answered under load says nothing of what became of it in the load's last moment.
    const answersNow = (name: string) => {
      const probe = instances
        .find((one) => one.name === name)
        ?.watch()
        .probes()
        .at(-1);
      return probe?.kind === 'answered' && probe.at >= since;
    };
    await poll(
      () => {
        const sample = observer.latest();
        const decided =
          sample?.phase === 'settle' &&
          sample.instances.every(
            ({ name, state, balancer: view }) =>
              ((state === 'serving' || state === 'drained') && answersNow(name)) ||
              // Of one that hung in the last moment the core is still to come, and the balancer's opinion.
              (isLost(state) &&
                // A balancer without checks keeps a connect that timed out for its last word until somebody comes again.
                !(state === 'cut-off' && answersNow(name)) &&
                (state !== 'hung' ||
                  (captures.of(name) !== undefined && !(options.asks && view?.http?.up === true)))),
          );
        return decided && captures.idle() ? true : undefined;
      },
      { signal, deadlineMs: settleWithinMs, everyMs: 50 },
    );
  }
}
