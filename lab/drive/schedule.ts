import { z } from 'zod';
import { pause } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Condition, RequestDrive, Step } from '../scenarios/drive.js';
import { unreachable } from '../unreachable.js';
import { openRest, type Rest } from './at-rest.js';
import { type Client, openClient } from './clients.js';
import { parkedIn, readGoroutines, standingIn } from './goroutine-page.js';

export const playedStepSchema = z.object({
  round: z.number().int(),
  /** The step in words. */
  text: z.string(),
  /** Until its condition held, or until it was given up. */
  ms: z.number(),
  held: z.boolean(),
});

export type PlayedStep = z.infer<typeof playedStepSchema>;

export type RoundEnd =
  | { readonly kind: 'played' }
  /** The caller had seen enough. */
  | { readonly kind: 'stopped' }
  /** A condition did not hold in time, or cannot hold any more. */
  | { readonly kind: 'broken'; readonly why: string };

export interface Round {
  readonly steps: readonly PlayedStep[];
  readonly end: RoundEnd;
}

export interface Stage {
  /** `http://host:port` of the server. */
  readonly origin: string;
  /** The same of its net/http/pprof. */
  readonly pprofUrl: string;
  readonly drive: Pick<RequestDrive, 'steps' | 'withinMs'>;
  /**
   * Whether functions may have other names than the schedule's: then a program that has come to rest, with a handler for each
   * open request, is as far as it gets.
   */
  readonly anyNames?: boolean;
}

/** The requests of a schedule. Disposing it closes their connections, answered or not. */
export interface Player extends Disposable {
  /**
   * Plays the schedule once, each step as soon as the condition of the one before holds. Connections of the
   * rounds before are closed first; those of this one stay open. Throws `interrupted` when the signal aborts.
   */
  play(round: number, stop: AbortSignal, signal: AbortSignal): Promise<Round>;
}

const lookEveryMs = 10;

export function openPlayer(
  stage: Stage,
  onStep: (played: PlayedStep, step: Step) => void = () => {},
): Player {
  let acts: Act[] = [];
  const close = (): void => {
    for (const client of acts.flatMap(({ clients }) => clients)) client[Symbol.dispose]();
    acts = [];
  };
  return {
    async play(round, stop, signal) {
      close();
      const steps: PlayedStep[] = [];
      for (const step of stage.drive.steps) {
        const began = performance.now();
        const clients = perform(step, stage, acts);
        const end = await hold(step.until, clients, acts, stage, stop, signal);
        const ms = Math.round(performance.now() - began);
        const played = { round, text: describeStep(step), ms, held: end === undefined };
        steps.push(played);
        onStep(played, step);
        if (end !== undefined) return { steps, end };
      }
      return { steps, end: { kind: 'played' } };
    },
    [Symbol.dispose]: close,
  };
}

/** A step that was done, with the clients that it opened. */
interface Act {
  readonly id: string | undefined;
  readonly clients: Client[];
  hungUp: boolean;
}

/** Does a step; returns the clients that it is about. */
function perform(step: Step, { origin }: Stage, acts: Act[]): readonly Client[] {
  switch (step.kind) {
    case 'request': {
      const { id, method, path, body = [], count = 1 } = step;
      const clients = Array.from({ length: count }, () => openClient({ origin, method, path, body }));
      acts.push({ id, clients, hungUp: false });
      return clients;
    }
    case 'send-more': {
      const { clients } = named(step.of, acts);
      if (!clients.every((client) => client.sendMore())) {
        throw new LabError(`the body of ${step.of} has no further part`, { code: 'internal' });
      }
      return clients;
    }
    case 'hang-up': {
      const act = named(step.of, acts);
      for (const client of act.clients) client[Symbol.dispose]();
      act.hungUp = true;
      return act.clients;
    }
    default:
      return unreachable(step);
  }
}

function named(id: string, acts: readonly Act[]): Act {
  const act = acts.find((one) => one.id === id);
  if (act !== undefined) return act;
  throw new LabError(`no earlier step is called ${id}`, { code: 'internal' });
}

/** Looks until the condition holds (`undefined`), or the round cannot go on. */
async function hold(
  until: Condition,
  clients: readonly Client[],
  acts: readonly Act[],
  stage: Stage,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<RoundEnd | undefined> {
  const { withinMs } = stage.drive;
  const end = performance.now() + withinMs;
  const rest = stage.anyNames === true ? openRest() : undefined;
  for (;;) {
    signal.throwIfAborted();
    const broken = acts
      .filter(({ hungUp }) => !hungUp)
      .flatMap(({ clients: all }) => all.map(failureOf))
      .find((why) => why !== undefined);
    if (broken !== undefined) return { kind: 'broken', why: broken };
    if (await holds(until, { clients, acts, rest }, stage, signal)) return undefined;
    if (stop.aborted) return { kind: 'stopped' };
    if (performance.now() >= end) {
      return { kind: 'broken', why: `${describeCondition(until)}: not within ${withinMs / 1_000} s` };
    }
    await pause(lookEveryMs, signal);
  }
}

interface Seen {
  readonly clients: readonly Client[];
  readonly acts: readonly Act[];
  readonly rest: Rest | undefined;
}

async function holds(
  until: Condition,
  { clients, acts, rest }: Seen,
  { pprofUrl, drive }: Stage,
  signal: AbortSignal,
): Promise<boolean> {
  switch (until.kind) {
    case 'answered':
      return clients.every(isAnswered);
    case 'all-answered':
      return acts.filter(({ hungUp }) => !hungUp).every((act) => act.clients.every(isAnswered));
    case 'streaming':
      return clients.every((client) => ['streaming', 'answered'].includes(client.progress().kind));
    case 'sent':
      return clients.every((client) => client.progress().kind !== 'sending');
    case 'parked': {
      const page = await readGoroutines(pprofUrl, drive.withinMs, signal);
      if (page.kind !== 'seen') return false;
      const named = parkedIn(page.goroutines, until.in).length >= (until.goroutines ?? 1);
      return named || rest?.reached(page.goroutines, (handlers) => handlers >= openIn(acts)) === true;
    }
    case 'left': {
      const page = await readGoroutines(pprofUrl, drive.withinMs, signal);
      if (page.kind !== 'seen' || standingIn(page.goroutines, until.function).length > 0) return false;
      return rest?.reached(page.goroutines, (handlers) => handlers <= openIn(acts)) !== false;
    }
    default:
      return unreachable(until);
  }
}

/** Requests without an answer, of clients that are still there. */
function openIn(acts: readonly Act[]): number {
  const clients = acts.filter(({ hungUp }) => !hungUp).flatMap((act) => act.clients);
  return clients.filter((client) => !isAnswered(client)).length;
}

function isAnswered(client: Client): boolean {
  return client.progress().kind === 'answered';
}

function failureOf(client: Client): string | undefined {
  const progress = client.progress();
  if (progress.kind === 'failed') return `a request failed: ${progress.message}`;
  if (progress.kind === 'answered' && progress.status >= 500)
    return `a request was answered with ${progress.status}`;
  return undefined;
}

/** A step in words, for the reports; without the names of functions for those who look for them. */
export function describeStep(step: Step, named = true): string {
  const until = describeCondition(step.until, named);
  switch (step.kind) {
    case 'request': {
      const what = `${step.method} ${step.path}`;
      const parts = (step.body?.length ?? 0) > 1 ? ', the first part of its body' : '';
      return `${(step.count ?? 1) > 1 ? `${step.count} times ` : ''}${what}${parts}, until ${until}`;
    }
    case 'send-more':
      return `the next part of the body of ${step.of}, until ${until}`;
    case 'hang-up':
      return `the client of ${step.of} hangs up, until ${until}`;
    default:
      return unreachable(step);
  }
}

function describeCondition(until: Condition, named = true): string {
  switch (until.kind) {
    case 'answered':
      return 'it is answered';
    case 'all-answered':
      return 'all requests are answered';
    case 'streaming':
      return 'the answer begins to come';
    case 'sent':
      return 'it is sent';
    case 'parked':
      return `${until.goroutines === undefined ? 'a goroutine waits' : `${until.goroutines} goroutines wait`}${named ? ` in ${until.in}` : ''}`;
    case 'left':
      return named ? `no goroutine is in ${until.function} any more` : 'its goroutine has gone on';
    default:
      return unreachable(until);
  }
}
