import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../lab/paths.js';
import { scenarios } from '../lab/scenarios/index.js';
import type { Scenario } from '../lab/scenarios/scenario.js';
import { goBuild } from '../test/go-build.js';
import { tempFolder } from '../test/temp-folder.js';
import { Turns } from './day/disturb.js';
import { whyNoGroups } from './day/groups.js';
import { type Lived, liveThrough, type ShiftResult } from './day/lane.js';
import { isInside, runInside } from './day/namespace.js';
import { planDay } from './day/plan.js';
import { summaryOf, textOf } from './day/report.js';
import type { Build } from './day/service.js';
import { numbersOf } from './options.js';

/**
 * A day on duty: real services really disturbed and really brought to hang, each watched by the command `lab watch`. Of the
 * day's 24 hours only the episodes are lived through, with a few quiet seconds before each; no clock runs faster.
 */
export async function run(signal: AbortSignal, args: readonly string[]): Promise<void> {
  const why = whyNoGroups();
  if (why !== undefined) return print(`left out: ${why}`);
  const asked = sizeOf(args);
  if (!isInside()) {
    process.exitCode = await runInside(args, signal);
    return;
  }
  await using temporary = await tempFolder();
  const folder = asked.folder ?? temporary.path;
  await mkdir(folder, { recursive: true });
  const kinds = kindsOfHangs();
  const shifts = [...planDay(asked, kinds)];
  const builds = await build(kinds, folder);
  const stage = { builds, scenarios: kinds, folder, heavy: new Turns(), hangs: new Turns(), tell };
  const done: ShiftResult[] = [];
  const began = performance.now();
  const lane = async (number: number): Promise<void> => {
    for (let shift = shifts.shift(); shift !== undefined; shift = shifts.shift()) {
      if (performance.now() - began > asked.minutes * 60_000) return;
      done.push(await liveThrough(shift, number, stage, signal));
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: asked.lanes }, (_, number) => lane(number)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const summary = summaryOf(done);
  print(textOf(summary));
  print(`lived through in ${Math.round((performance.now() - began) / 1_000)} s, seed ${asked.seed}`);
  const document = { schema: 'lab.bench-day/1', asked, ...summary, shifts: done };
  if (asked.json !== undefined) await writeFile(asked.json, `${JSON.stringify(document, undefined, 1)}\n`);
}

function sizeOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    episodes: text,
    hangs: text,
    seed: text,
    lanes: text,
    minutes: text,
    json: text,
    kinds: text,
    folder: text,
  };
  const { values } = parseArgs({ args: [...args], options });
  return {
    /** Services side by side are lanes; after so many minutes no other shift begins. */
    ...numbersOf({ episodes: 60, hangs: 10, seed: 20_261_130, lanes: 4, minutes: 600 }, values),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.kinds === undefined ? {} : { kinds: values.kinds.split(',') }),
    /** Where everything is kept, instead of a folder that goes at the end. */
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
}

/** Of each rule the first scenario that a service shows by not answering any more. */
function kindsOfHangs(): readonly Scenario[] {
  const fit = scenarios.filter(
    ({ drive, symptom, server, expect }) =>
      drive.kind === 'requests' &&
      symptom.kind === 'unanswered' &&
      server.needs === undefined &&
      expect.rule !== undefined,
  );
  return fit.filter((one, i) => fit.findIndex(({ expect }) => expect.rule === one.expect.rule) === i);
}

async function build(kinds: readonly Scenario[], folder: string): Promise<ReadonlyMap<string, Build>> {
  const builds = new Map<string, Build>();
  const desk = join(folder, 'desk');
  await goBuild({ go: 'go', module: join(projectRoot, 'bench/go/desk'), exe: desk });
  builds.set('desk', { name: 'desk', exe: desk, args: ['-book', 'book'], path: '/' });
  for (const { name, package: of, server } of kinds) {
    const exe = join(folder, name);
    await goBuild({ go: 'go', module: join(projectRoot, 'go-server'), package: `./${of}`, exe });
    builds.set(name, { name, exe, args: server.flags ?? [], path: server.path });
  }
  return builds;
}

function tell({ episode, at, hang, captures, broken }: Lived): void {
  const what =
    hang === undefined
      ? `${captures.length} captures`
      : `${hang.kind}, ${hang.afterMs} ms after the probe timeout, paused ${hang.pausedMs} ms${hang.wrong?.length ? `; ${hang.wrong.join('; ')}` : ''}`;
  const trouble = broken === undefined ? '' : `, broken: ${broken}`;
  print(`${at.slice(11, 19)} (day ${episode.clock}) ${episode.kind} of ${episode.to}: ${what}${trouble}`);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
