import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { epochMs } from '../../lab/clock.js';
import { pause, poll } from '../../lab/deadline.js';
import { messageOf } from '../../lab/errors.js';
import { probe } from '../../lab/hang/probe.js';
import type { Scenario } from '../../lab/scenarios/scenario.js';
import { type Counted, type Customers, type Moment, openCustomers } from './customers.js';
import { disturb, type Turns } from './disturb.js';
import { openGroups } from './groups.js';
import { type HangOutcome, hang } from './hang.js';
import type { Episode, Lookalike, Shift } from './plan.js';
import { type Build, openService, type Service } from './service.js';
import { openWatcher, type Watcher } from './watcher.js';

export interface Lived {
  readonly episode: Episode;
  readonly at: string;
  /** Of a hang. */
  readonly hang?: HangOutcome;
  /** Cores that were taken of what is no hang, and what was said of them. */
  readonly captures: readonly string[];
  /** What the watch said meanwhile. */
  readonly said: readonly string[];
  /** Why nothing can be said of it. */
  readonly broken?: string;
}

export interface ShiftResult {
  readonly lived: readonly Lived[];
  readonly counted: Readonly<Record<Moment, Counted>>;
  readonly losses: readonly string[];
  readonly watch: { readonly cpuS: number; readonly rssBytes: number; readonly wallS: number };
}

export interface Stage {
  readonly builds: ReadonlyMap<string, Build>;
  readonly scenarios: readonly Scenario[];
  readonly folder: string;
  readonly heavy: Turns;
  readonly hangs: Turns;
  readonly tell: (lived: Lived) => void;
}

const heavy: readonly Lookalike[] = ['load peak', 'garbage collection'];
const wellMs = 120_000;
const watchedMs = 60_000;

/** One service lives through its shift, with the command watching it and customers that count. */
export async function liveThrough(
  shift: Shift,
  lane: number,
  stage: Stage,
  signal: AbortSignal,
): Promise<ShiftResult> {
  const last = shift.at(-1)?.to ?? '';
  const path = stage.builds.get(last)?.path ?? '/';
  const buildOf = (name: string): Build => ({ ...(stage.builds.get(name) as Build), path });
  const folder = join(stage.folder, `shift-${shift[0]?.id}`);
  await mkdir(folder);
  const name = `lab-day-${process.pid}-${lane}`;
  await using groups = await openGroups(name, folder);
  const port = 22_010 + lane;
  await using service = await openService(name, port, folder, groups, buildOf('desk'), signal);
  using customers = openCustomers(service);
  await using watcher = await openWatcher(service, join(folder, 'watch'));
  if ((await watcher.said(/watching process/, 0, watchedMs, signal)) === undefined)
    throw new Error(`lab watch did not begin: ${watcher.lines.join('\n')}`);
  const lived: Lived[] = [];
  for (const episode of shift) {
    const parts = { service, groups, next: buildOf(episode.to) };
    const one = await live(episode, parts, watcher, customers, stage, signal);
    stage.tell(one);
    lived.push(one);
  }
  const { counted, losses } = customers;
  return { lived, counted, losses, watch: await watcher.took() };
}

async function live(
  episode: Episode,
  parts: Parameters<typeof disturb>[2],
  watcher: Watcher,
  customers: Customers,
  stage: Stage,
  signal: AbortSignal,
): Promise<Lived> {
  const from = watcher.lines.length;
  const at = new Date().toISOString();
  let outcome: HangOutcome | undefined;
  let broken: string | undefined;
  try {
    await well(parts.service, watcher, signal);
    customers.moment('quiet');
    await pause(quietMs(episode), signal);
    if (episode.kind === 'hang') {
      const scenario = stage.scenarios.find(({ name }) => name === episode.to) as Scenario;
      // Half an hour lies between two hangs of the day: none begins before the core of the last is taken.
      using turn = await stage.hangs.take();
      customers.moment('hung');
      outcome = await hang(scenario, parts.service, watcher, signal, () => {
        turn[Symbol.dispose]();
        customers.moment('restarting');
      });
    } else {
      // A machine with two processors has no more than one peak of load.
      using _turn = heavy.includes(episode.kind) ? await stage.heavy.take() : undefined;
      customers.moment('disturbed');
      await disturb(episode.kind, episode.seconds * 1_000, parts, signal);
      await well(parts.service, watcher, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    broken = messageOf(error);
  }
  const said = watcher.lines.slice(from);
  const captures = episode.kind === 'hang' ? [] : said.filter((line) => line.includes(' caught in '));
  return {
    ...{ episode, at, captures, said },
    ...(outcome === undefined ? {} : { hang: outcome }),
    ...(broken === undefined ? {} : { broken }),
  };
}

/** As long as it takes a probe or two, with another phase of the watch's own seconds each time. */
function quietMs({ id }: Episode): number {
  return 2_000 + ((id * 37) % 20) * 50;
}

/** It answers, and the watch knows its process and suspects nothing any more. */
async function well(service: Service, watcher: Watcher, signal: AbortSignal): Promise<void> {
  const url = `${service.origin}${service.build().path}`;
  const isWell = async () => {
    const began = epochMs();
    const { kind } = await probe({ url, timeoutMs: 1_000 }, signal);
    if (kind !== 'answered' || epochMs() - began > 500) return undefined;
    const known = watcher.lines.findLast((line) => line.includes('watching process'));
    if (known?.includes(`watching process ${service.pid()} `) !== true) return undefined;
    return isCalm(watcher) || undefined;
  };
  if ((await poll(isWell, { signal, deadlineMs: wellMs, everyMs: 200 })) === undefined)
    throw new Error(`it is not well after ${wellMs / 1_000} s: ${watcher.lines.slice(-3).join('; ')}`);
}

/** The last that the watch said is no suspicion that is still looked into. */
function isCalm({ lines }: Watcher): boolean {
  return !(lines.at(-1) ?? '').includes('it may hang');
}
