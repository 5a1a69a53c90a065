import { z } from 'zod';
import { epochMs } from '../clock.js';
import { poll } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import type { RunningBalancer } from './balancer/balancer.js';
import type { Instance } from './instance.js';
import type { FleetObserver } from './observe.js';
import { openVisitor } from './visitor.js';

/** A rolling restart. Times in milliseconds of the Unix epoch. */
export const recoverySchema = z.object({
  steps: z.array(
    z.object({
      name: z.string(),
      drainedAt: z.number(),
      /** When it answered again, by itself and then through the balancer. */
      restartedAt: z.number(),
      readmittedAt: z.number(),
    }),
  ),
  /** Instances that answered again once another one was restarted, and were readmitted as they were. */
  cameBack: z.array(z.string()).optional(),
  /** Requests of a visitor from when nothing hung was in service any more. */
  visits: z.object({ answered: z.number().int(), failed: z.number().int() }),
  /** Instances that served when it began. */
  living: z.array(z.string()),
  /** Instances that served when it was over. */
  serving: z.array(z.string()),
});

export type Recovery = z.infer<typeof recoverySchema>;

export interface Recover {
  readonly hung: readonly Instance[];
  readonly living: readonly string[];
  readonly balancer: RunningBalancer;
  readonly observer: FleetObserver;
  readonly url: string;
  /** Whether an instance may wait for another one, and go on when that is restarted. */
  readonly siblings: boolean;
}

const backWithinMs = 30_000;
/** Hung instances are probed once a second. */
const comesBackWithinMs = 5_000;
/** A request that takes longer than any restart of the machine's scheduler is lost. */
const visitTimeoutMs = 5_000;
/** Visits that must have come through after the last instance is back. */
const afterwards = 20;

/**
 * Brings the hung instances back, one after the other: all of them are taken out of service first, which is what
 * heals the service where only connections are checked; then each is ended, begun again and sent requests once the balancer
 * has found it well. Throws `undecided` when one does not come back.
 */
export async function recover(options: Recover, emit: Emit, signal: AbortSignal): Promise<Recovery> {
  const { hung, living, balancer, observer, url, siblings } = options;
  observer.setPhase('recover');
  const drained = new Map<string, number>();
  for (const { name } of hung) {
    await balancer.drain(name, signal);
    drained.set(name, epochMs());
    emit({ type: 'note', text: `${name}: drained` });
  }
  const visitor = living.length > 0 ? openVisitor(url, visitTimeoutMs, () => {}, signal) : undefined;
  let late: ReturnType<typeof openVisitor> | undefined;
  try {
    const steps: Recovery['steps'] = [];
    const cameBack: string[] = [];
    for (const instance of hung) {
      const { name } = instance;
      if (siblings && steps.length > 0 && (await comesBack(name))) {
        await balancer.readmit(name, signal);
        await untilServed(name);
        cameBack.push(name);
        emit({ type: 'note', text: `${name}: answers again without a restart, back in service` });
        continue;
      }
      await instance.restart(signal);
      const restartedAt = epochMs();
      await balancer.readmit(name, signal);
      await untilServed(name);
      steps.push({ name, drainedAt: drained.get(name) ?? restartedAt, restartedAt, readmittedAt: epochMs() });
      emit({
        type: 'note',
        text: `${name}: restarted as pid ${instance.server().identity.pid}, back in service`,
      });
      late ??= visitor === undefined ? openVisitor(url, visitTimeoutMs, () => {}, signal) : undefined;
    }
    const seen = () => (visitor ?? late)?.seen() ?? { answered: 0, failed: 0 };
    const goal = seen().answered + afterwards;
    await Promise.race([observer.broke, untilVisited(() => seen().answered >= goal)]);
    const serving = observer.latest()?.instances.filter(({ state }) => state === 'serving') ?? [];
    return { steps, cameBack, visits: seen(), living: [...living], serving: serving.map(({ name }) => name) };
  } finally {
    await visitor?.[Symbol.asyncDispose]();
    await late?.[Symbol.asyncDispose]();
  }

  /** Whether it goes on by itself, what it waited for being gone. */
  async function comesBack(name: string): Promise<boolean> {
    const look = () => {
      const row = observer.latest()?.instances.find((one) => one.name === name);
      return row?.state === 'serving' || row?.state === 'drained' ? true : undefined;
    };
    return (await poll(look, { signal, deadlineMs: comesBackWithinMs, everyMs: 50 })) === true;
  }

  /** Whether or not it comes about is told by the visits. */
  async function untilVisited(enough: () => boolean): Promise<void> {
    const look = () => (enough() ? true : undefined);
    await poll(look, { signal, deadlineMs: backWithinMs, everyMs: 50 });
  }

  async function untilServed(name: string): Promise<void> {
    const back = await poll(
      () => {
        const row = observer.latest()?.instances.find((one) => one.name === name);
        return row?.state === 'serving' && row.balancer?.service === 'up' ? true : undefined;
      },
      { signal, deadlineMs: backWithinMs, everyMs: 50 },
    );
    if (back !== undefined) return;
    throw new LabError(`${name} was restarted and did not come back within ${backWithinMs / 1_000} s`, {
      code: 'undecided',
      hint: 'read server.2.log in its folder, and balancer.log in that of the run',
    });
  }
}
