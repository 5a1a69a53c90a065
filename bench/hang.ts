import { join } from 'node:path';
import { execa } from 'execa';
import { epochMs } from '../lab/clock.js';
import { pause } from '../lab/deadline.js';
import type { Emit } from '../lab/events.js';
import { observeHang, watchForHang } from '../lab/hang/observe.js';
import { defaultProbeTimeoutMs } from '../lab/hang/watch.js';
import { autocannonDriver } from '../lab/load/autocannon.js';
import type { LoadPlan } from '../lab/load/plan.js';
import { blog } from '../lab/scenarios/blog.js';
import type { Scenario } from '../lab/scenarios/scenario.js';
import { buildGo, type GoProgram, type Serving, serve } from '../test/go-program.js';
import { falseAlarms } from './false-alarms.js';
import { median } from './statistics.js';

const rounds = Number(process.env['LAB_BENCH_ROUNDS'] ?? 10);
/** Both sides are looked at by the same instrument: fresh connections, begun this often. */
const probeEveryMs = 50;
const giveUpMs = 20_000;

interface Round {
  /** From the first connection of the load to the last probe that was answered. */
  readonly timeToHangMs: number | undefined;
  /** The time that the generator's processes took before that. */
  readonly startMs: number;
  /** From the last byte to the verdict, less the probe timeout. */
  readonly verdictAfterMs: number | undefined;
}

/**
 * How soon the lab's load makes the server hang, against `wrk -t2 -c1000` on the same server in
 * alternating rounds; how soon after the last byte the verdict falls; how often a server that does not
 * hang is called hung.
 */
export async function run(signal: AbortSignal): Promise<void> {
  await using program = await buildGo(join(import.meta.dirname, '../../go-server'), `./${blog.package}`);
  const ours: Round[] = [];
  const wrks: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // The server's consumer acts once a second, counted from its start: both sides begin equally late in it.
    const phaseMs = ((round + 0.5) / rounds) * 1_000;
    wrks.push(await withServer(program, phaseMs, signal, byWrk));
    ours.push(await withServer(program, phaseMs, signal, byLab));
    process.stdout.write(
      `round ${round + 1}: wrk ${ms(wrks.at(-1)?.timeToHangMs)}, lab ${ms(ours.at(-1)?.timeToHangMs)}, verdict after last byte + timeout ${ms(ours.at(-1)?.verdictAfterMs)}\n`,
    );
  }
  const lab = known(ours.map(({ timeToHangMs }) => timeToHangMs));
  const peer = known(wrks.map(({ timeToHangMs }) => timeToHangMs));
  const starts = ours.map(({ startMs }) => startMs);
  const verdicts = known(ours.map(({ verdictAfterMs }) => verdictAfterMs));
  process.stdout.write(
    [
      `time to hang, median: wrk ${ms(median(peer))} (${peer.length} of ${rounds} hung), lab ${ms(median(lab))} (${lab.length} of ${rounds} hung)`,
      `ratio lab / wrk: ${(median(lab) / median(peer)).toFixed(2)} (at most 1.5)`,
      `start of the lab's generator, before the first connection: median ${ms(median(starts))}, not counted above`,
      `verdict after last byte + probe timeout of ${defaultProbeTimeoutMs} ms: median ${ms(median(verdicts))}, worst ${ms(Math.max(...verdicts))} (at most 1000 ms)`,
      '',
    ].join('\n'),
  );
  await falseAlarms(signal);
}

type Hanging = (server: Serving, signal: AbortSignal) => Promise<Round>;

async function withServer(
  { exe, folder }: GoProgram,
  phaseMs: number,
  signal: AbortSignal,
  hang: Hanging,
): Promise<Round> {
  await using server = await serve([exe, '--addr=127.0.0.1:0', '--pprof-addr='], folder, signal);
  await pause(phaseMs, signal);
  return await hang(server, signal);
}

async function byLab(server: Serving, signal: AbortSignal): Promise<Round> {
  const startedAt = epochMs();
  const { emit, lastAnswer } = answers();
  const outcome = await observeHang(
    { ...server, probeEveryMs, driver: autocannonDriver, plan: loadOf(blog) },
    emit,
    signal,
  );
  const loadedAt = outcome.load?.startedAt ?? startedAt;
  const startMs = loadedAt - startedAt;
  if (outcome.kind !== 'hung') return { timeToHangMs: undefined, startMs, verdictAfterMs: undefined };
  const lastByteAt = outcome.lastByteAt ?? startedAt;
  return {
    timeToHangMs: lastAnswer() - loadedAt,
    startMs,
    verdictAfterMs: outcome.verdictAt - lastByteAt - defaultProbeTimeoutMs,
  };
}

async function byWrk(server: Serving, signal: AbortSignal): Promise<Round> {
  const startedAt = epochMs();
  const { emit, lastAnswer } = answers();
  const wrk = execa('wrk', ['-t2', '-c1000', `-d${giveUpMs / 1_000}s`, '--timeout', '60s', server.url], {
    reject: false,
    cancelSignal: signal,
  });
  try {
    const outcome = await watchForHang({ ...server, probeEveryMs, maxMs: giveUpMs }, emit, signal);
    const timeToHangMs = outcome.kind === 'hung' ? lastAnswer() - startedAt : undefined;
    return { timeToHangMs, startMs: 0, verdictAfterMs: undefined };
  } finally {
    wrk.kill('SIGKILL');
    await wrk;
  }
}

function answers(): { readonly emit: Emit; readonly lastAnswer: () => number } {
  let last = epochMs();
  return {
    emit: (event) => {
      if (event.type !== 'probe' || event.outcome.kind !== 'answered') return;
      last = Math.max(last, event.outcome.at + event.outcome.ms);
    },
    lastAnswer: () => last,
  };
}

function known(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

function ms(value: number | undefined): string {
  return value === undefined ? 'no hang' : `${Math.round(value)} ms`;
}

function loadOf({ drive }: Scenario): LoadPlan {
  if (drive.kind === 'load') return drive;
  throw new Error('this bench needs a scenario that is driven by load');
}
