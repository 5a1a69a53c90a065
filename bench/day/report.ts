import { median } from '../statistics.js';
import type { Counted, Moment } from './customers.js';
import type { ShiftResult } from './lane.js';

const most = (values: readonly number[]): number => Math.max(0, ...values);
const s = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
/** From the probe timeout to the core. */
const withinMs = 10_000;

/** What became of a day, as one document. */
export function summaryOf(shifts: readonly ShiftResult[]) {
  const lived = shifts.flatMap((shift) => shift.lived);
  const hangs = lived.flatMap(({ hang }) => (hang === undefined ? [] : [hang]));
  const real = hangs.filter(({ kind }) => kind !== 'not-hung');
  const caught = real.filter(({ kind }) => kind === 'caught');
  const after = caught.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs]));
  const pauses = caught.flatMap(({ pausedMs }) => (pausedMs === undefined ? [] : [pausedMs]));
  const restored = caught.flatMap(({ restoredMs }) => (restoredMs === undefined ? [] : [restoredMs]));
  const others = lived.filter(({ episode }) => episode.kind !== 'hang');
  const kinds = [...new Set(others.map(({ episode }) => episode.kind))].sort();
  return {
    hangs: {
      ...{ made: hangs.length, hung: real.length, kinds: new Set(real.map(({ rule }) => rule)).size },
      ...{ caught: caught.length, inTime: after.filter((ms) => ms <= withinMs).length },
      rightCause: caught.filter(({ wrong }) => wrong?.length === 0).length,
      afterMs: { median: median(after), most: most(after) },
      pausedMs: { median: median(pauses), most: most(pauses) },
      restoredMs: { median: median(restored), most: most(restored) },
    },
    lookalikes: {
      lived: others.filter(({ broken }) => broken === undefined).length,
      broken: others.filter(({ broken }) => broken !== undefined).length,
      falseCaptures: others.reduce((sum, { captures }) => sum + captures.length, 0),
      byKind: kinds.map((kind) => {
        const of = others.filter(({ episode }) => episode.kind === kind);
        const suspected = of.filter(({ said }) => said.some((line) => line.includes('it may hang')));
        const captures = of.reduce((sum, one) => sum + one.captures.length, 0);
        return { kind, episodes: of.length, suspected: suspected.length, captures };
      }),
    },
    customers: addedUp(shifts),
    losses: shifts.flatMap(({ losses }) => losses),
    watch: {
      share:
        shifts.reduce((sum, { watch }) => sum + watch.cpuS, 0) /
        Math.max(
          1,
          shifts.reduce((sum, { watch }) => sum + watch.wallS, 0),
        ),
      mostBytes: most(shifts.map(({ watch }) => watch.rssBytes)),
    },
  };
}

function addedUp(shifts: readonly ShiftResult[]): Readonly<Record<Moment, Counted>> {
  const sum = (moment: Moment): Counted => {
    const all = shifts.map(({ counted }) => counted[moment]);
    return {
      requests: all.reduce((total, one) => total + one.requests, 0),
      lost: all.reduce((total, one) => total + one.lost, 0),
      slowestMs: Math.round(most(all.map(({ slowestMs }) => slowestMs))),
    };
  };
  return {
    ...{ quiet: sum('quiet'), disturbed: sum('disturbed'), hung: sum('hung') },
    restarting: sum('restarting'),
  };
}

export function textOf({ hangs, lookalikes, customers, watch }: ReturnType<typeof summaryOf>): string {
  const { quiet, hung } = customers;
  const ofHangs = [
    `hangs: ${hangs.caught} of ${hangs.hung} caught, of ${hangs.kinds} kinds (${hangs.made - hangs.hung} were not brought to hang)`,
    `core after the probe timeout: median ${s(hangs.afterMs.median)}, most ${s(hangs.afterMs.most)}; ${hangs.inTime} of ${hangs.caught} within ${s(withinMs)}`,
    `right cause: ${hangs.rightCause} of ${hangs.caught}`,
    `pause for a core: median ${hangs.pausedMs.median.toFixed(1)} ms, most ${hangs.pausedMs.most.toFixed(1)} ms`,
    `from the hang to another process that serves: median ${s(hangs.restoredMs.median)}, most ${s(hangs.restoredMs.most)}`,
  ];
  return [
    ...(hangs.caught > 0 ? ofHangs : [`hangs: none of ${hangs.hung} caught`]),
    `what looks like a hang: ${lookalikes.lived} episodes, ${lookalikes.falseCaptures} captures (${lookalikes.broken} episodes were not lived to their end)`,
    ...lookalikes.byKind.map(
      ({ kind, episodes, suspected, captures }) =>
        `  ${kind}: ${episodes} episodes, ${suspected} suspected, ${captures} captures`,
    ),
    `customers beside the watch: ${quiet.lost} of ${quiet.requests} requests lost, slowest ${quiet.slowestMs} ms`,
    `customers of a page that does not hang, until after the core: ${hung.lost} of ${hung.requests} requests lost, slowest ${hung.slowestMs} ms`,
    `the watch itself: ${(watch.share * 100).toFixed(2)} % of a processor, at most ${Math.round(watch.mostBytes / 1_048_576)} MiB`,
    '',
  ].join('\n');
}
