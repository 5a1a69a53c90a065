import { epochMs } from '../../lab/clock.js';
import { pause, poll } from '../../lab/deadline.js';
import { openPlayer } from '../../lab/drive/schedule.js';
import { complaints, expectations } from '../../lab/expectation.js';
import { probe } from '../../lab/hang/probe.js';
import type { RequestDrive } from '../../lab/scenarios/drive.js';
import type { Scenario } from '../../lab/scenarios/scenario.js';
import type { Service } from './service.js';
import { diagnosisIn, probeTimeoutMs, type Watcher } from './watcher.js';

export interface HangOutcome {
  readonly scenario: string;
  readonly rule: string;
  /** `not-hung`: what shall make it hang did not; nothing can be said of the watch. */
  readonly kind: 'caught' | 'missed' | 'not-hung';
  /** From the hang to the core, less the probe timeout. */
  readonly afterMs?: number;
  readonly pausedMs?: number;
  /** From the hang until another process serves. */
  readonly restoredMs?: number;
  /** What is not as the scenario expects. */
  readonly wrong?: readonly string[];
  readonly found?: string;
  readonly folder?: string;
}

const giveUpMs = 90_000;
const askEveryMs = 150;

/** Plays what makes the service hang, keeps its clients, and waits for what the watch makes of it. */
export async function hang(
  scenario: Scenario,
  service: Service,
  watcher: Watcher,
  signal: AbortSignal,
  onCore: () => void,
): Promise<HangOutcome> {
  const drive = scenario.drive as RequestDrive;
  const about = { scenario: scenario.name, rule: scenario.expect.rule ?? '' };
  const before = (await watcher.caught()).length;
  const from = watcher.lines.length;
  const pid = service.pid();
  const enough = new AbortController();
  const asking = lastAnswer(`${service.origin}${scenario.server.path}`, enough.signal);
  using player = openPlayer({ origin: service.origin, pprofUrl: service.pprofUrl(), drive });
  const seen = new AbortController();
  try {
    for (let round = 1; round <= drive.rounds; round += 1) {
      const { end } = await player.play(round, seen.signal, signal);
      if (end.kind !== 'played') break;
      if (epochMs() - asking.at() > probeTimeoutMs) break;
    }
    void coreTaken(watcher, before, enough.signal).then(onCore, () => undefined);
    const line = await watcher.said(/caught in /, from, giveUpMs, signal);
    const began = asking.at();
    if (line === undefined) {
      const hangs = epochMs() - began > probeTimeoutMs && service.pid() === pid;
      return { ...about, kind: hangs ? 'missed' : 'not-hung', found: watcher.lines.slice(from).join('; ') };
    }
    const [taken] = (await watcher.caught()).slice(before);
    if (taken === undefined) return { ...about, kind: 'missed', found: line };
    return { ...about, ...(await judged(scenario, taken, asking)) };
  } finally {
    enough.abort();
    seen.abort();
  }
}

/** Customers are lost from the moment on at which the service is started anew: that is what the user asked for. */
async function coreTaken(watcher: Watcher, before: number, signal: AbortSignal): Promise<void> {
  const taken = async () => (await watcher.caught())[before]?.episode.capturedAt;
  await poll(taken, { signal, deadlineMs: giveUpMs, everyMs: 100 });
}

type Taken = Awaited<ReturnType<Watcher['caught']>>[number];

async function judged(scenario: Scenario, { dir, episode }: Taken, asking: ReturnType<typeof lastAnswer>) {
  const began = asking.before(Date.parse(episode.at));
  const restored = asking.after(began);
  const diagnosis = await diagnosisIn(dir);
  const wrong =
    diagnosis === undefined
      ? [episode.failed ?? 'no diagnosis']
      : complaints(expectations(diagnosis, scenario));
  const taken = episode.capturedAt === undefined ? undefined : Date.parse(episode.capturedAt);
  return {
    kind: 'caught' as const,
    ...(taken === undefined ? {} : { afterMs: Math.round(taken - began - probeTimeoutMs) }),
    ...(episode.pausedMs === undefined ? {} : { pausedMs: episode.pausedMs }),
    ...(restored === undefined ? {} : { restoredMs: Math.round(restored - began) }),
    wrong,
    found: episode.summary ?? episode.failed ?? '',
    folder: dir,
  };
}

/** Asks again and again until stopped: when the newest request that was answered began. */
function lastAnswer(url: string, stop: AbortSignal) {
  const answered: number[] = [epochMs()];
  const ask = async (): Promise<void> => {
    while (!stop.aborted) {
      const outcome = await probe({ url, timeoutMs: 1_000 }, stop);
      if (outcome.kind === 'answered') answered.push(outcome.at);
      await pause(askEveryMs, stop);
    }
  };
  void ask().catch(() => undefined); // it ends by being stopped
  return {
    at: () => answered.at(-1) ?? 0,
    after: (at: number) => answered.find((one) => one > at),
    before: (at: number) => answered.findLast((one) => one < at) ?? 0,
  };
}
