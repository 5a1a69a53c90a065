import { readFile, stat } from 'node:fs/promises';
import { openCoreMemory } from '../core/memory.js';
import type { CheckedPair } from '../core/pair.js';
import { type DelveClient, globalScope } from '../delve/client.js';
import type { DelveSession } from '../delve/launch.js';
import type { CallOptions } from '../delve/rpc.js';
import { delveUsed } from '../delve/used.js';
import { messageOf, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { hasPendingTimers } from '../goruntime/timers.js';
import type { Sources } from '../source/sources.js';
import type { AnalyzeOptions } from './analyze-core.js';
import { claimsOf, studyWaits } from './conclude.js';
import { findingOf, groupsOf, summaryOf, userLocations, verdictOf } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { evidenceTimeoutMs, forEvidence } from './evidence-client.js';
import { channelLocator, syncLocator } from './locators.js';
import type { OpeningSources } from './open-sources.js';
import { missingSources, processOf, unsureMatch } from './process-facts.js';
import { readCore } from './read-core.js';
import { type RootFacts, readRootFacts } from './root-facts.js';
import type { Claim } from './rules/rule.js';
import type { Cell, Snapshot } from './snapshot.js';
import { unwrapStarts } from './start-locations.js';
import { tellIfLong } from './tell-if-long.js';
import { waitedObjects } from './waited-objects.js';

export interface OpeningCore {
  readonly pair: CheckedPair;
  /** Delve, which may still be at it. */
  readonly opening: Promise<DelveSession>;
  /** The program's sources, which may still be read. */
  readonly sources: OpeningSources;
  /** When the analysis began, as `performance.now()` tells it. */
  readonly began: number;
}

const callTimeoutMs = 120_000;

/** Diagnoses a core that Delve opens: reads it, follows its waits, and says what they come to. */
export async function diagnoseCore(
  { pair, opening, sources: openingSources, began }: OpeningCore,
  options: AnalyzeOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { exe, core } = options;
  await using session = await tellIfLong(emit, 'Delve opens the core', () => opening);
  using memory = openCoreMemory(core, exe);
  const call: CallOptions = { signal, timeoutMs: callTimeoutMs };
  const { client } = session;
  const source = {
    client,
    memory,
    files: { exe, core },
    registers: pair.core.registers,
    rawListFile: options.rawListFile,
    engine: options.engine,
    members: options.onRoster !== undefined,
  };
  const read = await tellIfLong(emit, 'reading the core', () => readCore(source, call));
  const { engine, checked, layout } = read;
  const sources = await openingSources.of(read.snapshot);
  const snapshot = unwrapStarts(read.snapshot, sources);
  emit({
    type: 'note',
    text: `${snapshot.goroutines.total} goroutines in ${snapshot.signatures.length} distinct stacks`,
  });
  const limits = new Set([...read.limits, ...snapshot.limits, ...unsureMatch(pair)]);
  const frames = {
    ...{ client: forEvidence(client, limits), memory, layout },
    call: { signal, timeoutMs: evidenceTimeoutMs },
  };
  const locators = {
    channels: channelLocator(frames, snapshot, frames.call),
    syncObjects: layout === undefined ? undefined : syncLocator(frames, snapshot, frames.call),
  };
  // When it cannot be read, a timer may well be pending.
  const timersPending = async () =>
    (await hasPendingTimers((expression) => evaluateNumber(frames.client, expression, frames.call))) ?? true;
  const study = await tellIfLong(emit, 'following what goroutines wait for', () =>
    studyWaits(snapshot, sources, locators, timersPending, signal),
  );
  const { claims, undecided, limits: repeated, outlooks, suspects } = claimsOf(study);
  for (const line of [...study.limits, ...repeated, ...undecided]) limits.add(line);
  const findings = [];
  for (const [i, claim] of claims.entries()) {
    const facts = await factsOf(claim, snapshot, frames.client, frames.call, limits);
    findings.push(findingOf({ claim, facts }, i, study.input));
  }
  for (const line of await changedSince(exe, sources)) limits.add(line);
  for (const line of missingSources(sources, pair.exe.build?.mainModule)) limits.add(line);
  await options.onSources?.(sources);
  if (snapshot.roster !== undefined) options.onRoster?.(snapshot.roster);
  const verdict = verdictOf(findings, undecided);
  return {
    schema: 'lab.diagnosis/1',
    verdict,
    scope: verdict === 'deadlock' ? (study.input.someoneRuns ? 'partial' : 'global') : null,
    summary: summaryOf(verdict, claims, snapshot, undecided),
    process: processOf(pair, snapshot.goroutines),
    delve: delveUsed(session),
    findings,
    groups: groupsOf(snapshot, outlooks),
    userLocations: userLocations(snapshot.signatures),
    objects: waitedObjects(snapshot, study.input.nameOf),
    ...(suspects.length === 0 ? {} : { suspects: [...suspects] }),
    stats: {
      engine,
      wallMs: Math.round(performance.now() - began),
      peakRssBytes:
        process.resourceUsage().maxRSS * 1024 + (session.pid === undefined ? 0 : await peakOf(session.pid)),
      crossChecked: checked.compared,
      crossCheckMismatches: checked.mismatches,
    },
    limits: [...limits],
  };
}

async function evaluateNumber(client: DelveClient, expression: string, options: CallOptions) {
  const seen = await client.eval(globalScope, expression, options);
  return seen.kind === 'value' && /^\d+$/.test(seen.variable.value) ? Number(seen.variable.value) : undefined;
}

async function factsOf(
  claim: Claim,
  snapshot: Snapshot,
  client: DelveClient,
  call: CallOptions,
  limits: Set<string>,
): Promise<ReadonlyMap<string, RootFacts>> {
  const facts = new Map<string, RootFacts>();
  for (const cell of claim.knot.cells.slice(0, maxRootStacks)) {
    try {
      facts.set(cell.key, await readRootFacts(client, cell, elemTypeOf(cell, snapshot), call));
    } catch (error) {
      if (toLabError(error).code === 'interrupted') throw error;
      limits.add(`The variables of goroutine ${cell.ids[0]} could not be read: ${messageOf(error)}`);
    }
  }
  return facts;
}

const maxRootStacks = 16;

function elemTypeOf({ wait }: Cell, { channels }: Snapshot): string | undefined {
  const channel = wait.kind === 'channel' ? wait.cases[0]?.channel : undefined;
  return channel === undefined ? undefined : channels.get(channel)?.elemType;
}

/** A source that is newer than the executable may not be what it was built from. */
async function changedSince(exe: string, { read }: Sources): Promise<string[]> {
  const built = (await stat(exe)).mtimeMs;
  const newer: string[] = [];
  for (const { local, library } of read) {
    if (!library && (await stat(local)).mtimeMs > built) newer.push(local);
  }
  if (newer.length === 0) return [];
  return [
    `${newer.length} source files are newer than the executable, ${newer[0]} among them: lines may not fit.`,
  ];
}

/** Peak resident memory of Delve in bytes, from proc(5); 0 when it cannot be read. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
