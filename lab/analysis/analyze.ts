import { stat } from 'node:fs/promises';
import { noVariables } from '../core/variable-names.js';
import { messageOf, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Sources } from '../source/sources.js';
import { claimsOf } from './findings/apply-rules.js';
import { findingOf } from './findings/finding.js';
import { fingerprintOf } from './findings/fingerprint.js';
import { groupsOf, userLocations } from './findings/groups.js';
import { besideRuntime } from './findings/leak-profile.js';
import { studyNetwork } from './findings/network.js';
import type { Outlooks } from './findings/outlook.js';
import { slowHolders, slowWaits } from './findings/slow.js';
import { nothingRead, summaryOf, unearned, verdictOf } from './findings/verdict.js';
import { waitedObjects } from './findings/waited-objects.js';
import { weighed } from './findings/weigh.js';
import type { Diagnosis } from './model/diagnosis.js';
import type { LeakProfile } from './model/leak-profile.js';
import type { Limits } from './model/limits.js';
import { nothingLocated } from './model/locator.js';
import type { RanThen } from './model/ran-then.js';
import type { Roster } from './model/roster.js';
import type { Bucket, Snapshot } from './model/snapshot.js';
import type { Engine, Reading, Unread } from './read/engine.js';
import type { OpeningSources } from './read/open-sources.js';
import { missingSources } from './read/process-facts.js';
import type { RootFrames } from './read/root-frames.js';
import { unwrapStarts } from './read/start-locations.js';
import { withTakenPlaces } from './read/taken-at.js';
import type { Claim, RuleInput } from './rules/rule.js';
import { studyWaits } from './rules/study-waits.js';
import { tellIfLong } from './tell-if-long.js';

export interface Listeners {
  /** Called while the sources can still be asked. */
  readonly onSources?: ((sources: Sources) => Promise<void>) | undefined;
  /** Called with which goroutines each group has, where they could be read; without it none of that is kept. */
  readonly onRoster?: ((roster: Roster) => void) | undefined;
  /** Where goroutines ran in earlier looks at the same process: who spins has done so in all of them. */
  readonly earlier?: readonly RanThen[] | undefined;
}

/** What else there is about the process. */
export interface Beside {
  /** The runtime's own leak profile. */
  readonly leakProfile?: LeakProfile | undefined;
  /** Other processes are looked at as well: what waits for one of them is told. */
  readonly network?: boolean | undefined;
  /** When the input was taken, as far as that is known. */
  readonly taken?: Date | undefined;
}

export interface Input {
  /** Stays open: whoever opened it closes it. */
  readonly engine: Engine;
  /** The program's sources, which may still be read. */
  readonly sources: OpeningSources;
  /** When the analysis began, as `performance.now()` tells it. */
  readonly began: number;
}

/** From an input to its diagnosis: reads it, follows its waits, and says what they come to. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the pipeline in its order, one step a line
export async function analyze(
  { engine, sources: opening, began }: Input,
  options: Listeners & Beside,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const read = await tellIfLong(emit, 'reading the core', () => engine.read());
  if (read.kind === 'unread') return withoutGoroutines(read, await statsOf(read, engine, began));
  const sources = await opening.of(read.snapshot);
  const { snapshot: told, operands = nowhereLocated } = (await read.withSources?.(sources)) ?? read;
  const unwrapped = unwrapStarts(told, sources);
  const snapshot =
    unwrapped.pools === undefined
      ? unwrapped
      : { ...unwrapped, pools: await withTakenPlaces(unwrapped.pools, sources) };
  const { total } = snapshot.goroutines;
  emit({ type: 'note', text: `${total} goroutines in ${snapshot.signatures.length} distinct stacks` });
  const { trust } = read;
  // When it cannot be read, a timer may well be pending.
  const timersPending = async () => (await read.timersPending?.()) ?? true;
  const study = await tellIfLong(emit, 'following what goroutines wait for', () =>
    studyWaits(snapshot, sources, operands, timersPending, signal, {
      proofsApart: trust.atMost === 'suspected',
      earlier: options.earlier,
    }),
  );
  const unansweredSearches = read.unanswered?.() ?? [];
  const { claims: all, undecided: open, limits: repeated, outlooks, suspects } = claimsOf(study);
  const undecided = [...open, ...unearned(trust, outlooks), ...nothingRead(snapshot)];
  const slow = await slowOf(study.input, outlooks, read);
  const network = options.network === true ? await networkOf(study.input, read) : undefined;
  const claims = weighed(all, trust, study.input);
  const rootFrames = await rootFramesOf(claims, snapshot, read);
  const findings = claims
    .map((claim, i) => findingOf({ claim, facts: rootFrames.of(claim) }, i, study.input))
    .map((finding) => read.withChecks?.(finding) ?? finding);
  const changed = read.built === undefined ? [] : await changedSince(read.built, sources);
  const missing = missingSources(sources, read.mainModule);
  await options.onSources?.(sources);
  if (snapshot.roster !== undefined) options.onRoster?.(snapshot.roster);
  const verdict = verdictOf(findings, undecided, trust);
  const groups = groupsOf(snapshot, outlooks, study.input.spins);
  const fingerprint = fingerprintOf({ verdict, findings, groups });
  const { leakProfile, taken } = options;
  const seen = leakProfile && {
    ...{ input: study.input, outlooks, groups, goVersion: read.process.goVersion, taken },
    variables: read.variables ?? noVariables,
  };
  return {
    schema: 'lab.diagnosis/1',
    verdict,
    scope: verdict === 'deadlock' ? (study.input.someoneRuns ? 'partial' : 'global') : null,
    summary: summaryOf({ verdict, claims, snapshot, undecided, trust }),
    process: { ...read.process, goroutines: { ...snapshot.goroutines } },
    ...(read.delve === undefined ? {} : { delve: read.delve }),
    ...(fingerprint && { fingerprint: fingerprint.id, fingerprintOf: [...fingerprint.of] }),
    findings,
    groups,
    userLocations: userLocations(snapshot.signatures),
    objects: waitedObjects(snapshot, study.input.nameOf),
    ...(suspects.length === 0 ? {} : { suspects: [...suspects] }),
    ...(leakProfile && seen && { leakProfile: besideRuntime(leakProfile, seen) }),
    ...(slow.length === 0 ? {} : { slow }),
    ...(network && { network: network.seen }),
    stats: await statsOf(read, engine, began),
    limits: inOrder(
      ...[read.limits, unansweredSearches],
      ...[repeated, undecided],
      ...[rootFrames.limits, network?.limits ?? [], changed, missing],
    ),
  };
}

/** Who waits behind goroutines that wait for something outside. */
async function slowOf(input: RuleInput, outlooks: Outlooks, read: Reading) {
  const holders = slowHolders(input, outlooks);
  const ids = new Set(holders.flatMap(({ bucket }) => bucket.ids.slice(0, 1)));
  return slowWaits(holders, (await read.waitFacts?.(ids)) ?? new Map(), input);
}

/** Who waits for another process, and who waits behind that while another process waits. */
async function networkOf(input: RuleInput, read: Reading) {
  const { wanted, told, limits } = studyNetwork(input);
  return { seen: told((await read.networkEnds?.(wanted)) ?? new Map()), limits };
}

const nowhereLocated = { channels: nothingLocated };

const inOrder = (...limits: readonly Limits[]): string[] => [...new Set(limits.flat())];

/** Not even the goroutines could be read. */
const withoutGoroutines = ({ summary, process, limits }: Unread, stats: Diagnosis['stats']): Diagnosis => ({
  schema: 'lab.diagnosis/1',
  verdict: 'unknown',
  scope: null,
  summary,
  process: { ...process, goroutines: { total: 0, user: 0, system: 0, blocked: 0 } },
  ...{ findings: [], groups: [], userLocations: [] },
  stats,
  limits: [...limits],
});

async function statsOf(read: Reading | Unread, engine: Engine, began: number): Promise<Diagnosis['stats']> {
  const checked = read.kind === 'read' ? read.checked : undefined;
  return {
    engine: read.engine,
    wallMs: Math.round(performance.now() - began),
    peakRssBytes: process.resourceUsage().maxRSS * 1024 + ((await engine.peakBytes?.()) ?? 0),
    crossChecked: checked?.compared ?? 0,
    crossCheckMismatches: checked?.mismatches ?? 0,
  };
}

interface RootFramesOfClaims {
  /** By the bucket's key. */
  of(claim: Claim): ReadonlyMap<string, RootFrames>;
  readonly limits: Limits;
}

/** What the engine knows of the goroutines that findings turn on. */
async function rootFramesOf(
  claims: readonly Claim[],
  { channels }: Snapshot,
  read: Reading,
): Promise<RootFramesOfClaims> {
  const byClaim = new Map<Claim, ReadonlyMap<string, RootFrames>>();
  const unread: string[] = [];
  for (const claim of read.rootFrames === undefined ? [] : claims) {
    const facts = new Map<string, RootFrames>();
    for (const bucket of claim.knot.buckets.slice(0, maxRootStacks)) {
      try {
        const found = await read.rootFrames?.(bucket, elemTypeOf(bucket, channels));
        if (found !== undefined) facts.set(bucket.key, found);
      } catch (error) {
        if (toLabError(error).code === 'interrupted') throw error;
        unread.push(`The variables of goroutine ${bucket.ids[0]} could not be read: ${messageOf(error)}`);
      }
    }
    byClaim.set(claim, facts);
  }
  return {
    of: (claim) => byClaim.get(claim) ?? new Map(),
    limits: [...(read.unanswered?.() ?? []), ...unread],
  };
}

const maxRootStacks = 16;

function elemTypeOf({ wait }: Bucket, channels: Snapshot['channels']): string | undefined {
  const channel = wait.kind === 'channel' ? wait.cases[0]?.channel : undefined;
  return channel === undefined ? undefined : channels.get(channel)?.elemType;
}

/** A source that is newer than the executable may not be what it was built from. */
async function changedSince(exe: string, { read }: Sources): Promise<Limits> {
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
