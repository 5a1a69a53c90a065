import { openCoreMemory } from '../core/memory.js';
import type { CheckedPair } from '../core/pair.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { hasPendingTimers } from '../goruntime/timers.js';
import type { AnalyzeOptions } from './analyze-core.js';
import { claimsOf, studyWaits } from './conclude.js';
import { findingOf, groupsOf, userLocations } from './diagnose.js';
import type { Diagnosis, Finding } from './diagnosis.js';
import { channelsWithoutNames, excludingNothing, syncLocator } from './locators.js';
import type { OpeningSources } from './open-sources.js';
import { missingSources, processOf, unsureMatch } from './process-facts.js';
import { readStripped } from './read-stripped.js';
import { type Claim, numbered, type RuleInput } from './rules/rule.js';
import { unreachableObject } from './rules/unreachable-object.js';
import type { Snapshot } from './snapshot.js';
import { unwrapStarts } from './start-locations.js';
import { tellIfLong } from './tell-if-long.js';
import { waitedObjects } from './waited-objects.js';

/** Why the program is read without Delve. */
export type Lack = { readonly kind: 'stripped' } | { readonly kind: 'unreadable'; readonly why: string };

function wordsFor(lack: Lack): { readonly short: string; readonly long: string; readonly remedy: string } {
  return lack.kind === 'stripped'
    ? {
        short: 'the executable is stripped',
        long: 'The executable has no debug information (built with -ldflags=-s or -w, or stripped)',
        remedy:
          'Pass the unstripped executable of the same build with --exe: the one that `strip` made this of, if it was kept.',
      }
    : {
        short: 'Delve cannot read these files, so one of them may be damaged',
        long: `Delve cannot read these files, so one of them may be damaged (${lack.why}); memory was read without it`,
        remedy: 'Copy both again from where the process ran, or build the same commit once more.',
      };
}

interface StrippedCore {
  readonly lack: Lack;
  readonly pair: CheckedPair;
  readonly sources: OpeningSources;
  readonly began: number;
}

/**
 * What can be said of a program without debug information (`-ldflags=-s` or `-w`, or `strip`): everything that
 * its memory tells by itself, what nothing alive can reach among it. No variable of any frame can be read, so nothing
 * that rests on frames is more than suspected, and without a proof from memory alone the verdict stays `unknown`.
 */
export async function analyzeStripped(
  { pair, sources: opening, began, lack }: StrippedCore,
  options: Pick<AnalyzeOptions, 'onRoster' | 'onSources'>,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  using memory = openCoreMemory(pair.core.path, pair.exe.path);
  const read = await tellIfLong(emit, 'reading the core', () =>
    readStripped(pair, memory, signal, options.onRoster !== undefined),
  );
  if (read.kind === 'lost') {
    if (lack.kind === 'unreadable') throw unreadable(pair, lack.why, read.why);
    return lostDiagnosis(pair, read.why, began);
  }
  const words = wordsFor(lack);
  const sources = await opening.of(read.snapshot);
  const snapshot = unwrapStarts(read.snapshot, sources);
  const { total } = snapshot.goroutines;
  emit({ type: 'note', text: `${total} goroutines in ${snapshot.signatures.length} distinct stacks` });
  if (snapshot.roster !== undefined) options.onRoster?.(snapshot.roster);
  const { layout } = read;
  const objects = syncLocator({ client: undefined, memory, layout }, snapshot, { signal, timeoutMs: 0 });
  const locators = {
    channels: channelsWithoutNames({ memory, layout }, snapshot),
    syncObjects: excludingNothing(objects),
  };
  const timersPending = async () => (await hasPendingTimers(read.evaluateNumber)) ?? true;
  const study = await tellIfLong(emit, 'following what goroutines wait for', () =>
    studyWaits(snapshot, sources, locators, timersPending, signal, { proofsApart: true }),
  );
  await options.onSources?.(sources);
  const { claims, undecided, outlooks, suspects } = claimsOf(study);
  const weighed = claims.flatMap((claim) => weigh(claim, study.input));
  const findings = weighed.map((claim, i) => findingOf({ claim, facts: new Map() }, i, study.input));
  const proved = weighed.find(({ certainty }) => certainty === 'proved');
  return {
    ...frameOf(began),
    verdict: proved === undefined ? 'unknown' : 'deadlock',
    scope: proved === undefined ? null : study.input.someoneRuns ? 'partial' : 'global',
    summary: proved?.summary ?? summaryOf(findings, snapshot, words),
    process: processOf(pair, snapshot.goroutines),
    findings,
    groups: groupsOf(snapshot, outlooks),
    userLocations: userLocations(snapshot.signatures),
    objects: waitedObjects(snapshot, study.input.nameOf),
    ...(suspects.length === 0 ? {} : { suspects: [...suspects] }),
    limits: [
      `${words.long}. Lost are: variables ` +
        'and arguments of frames, so that no expression was evaluated, and holders of locks are told by pointers in their ' +
        "frames alone; names of channels and locks that the sources do not tell; Delve's second opinion on what was read. " +
        `${words.remedy} Delve then takes the commands of each claim, too.`,
      knownAnyway(pair),
      ...unsureMatch(pair),
      ...new Set([
        ...snapshot.limits,
        ...study.limits,
        ...undecided,
        ...missingSources(sources, pair.exe.build?.mainModule),
      ]),
    ],
  };
}

/**
 * That nobody holds a lock can be said only where every frame was asked: a holder may know it under another name.
 * The list of objects shows that it is locked and who waits.
 */
const needsFrames: ReadonlySet<string> = new Set(['leaked-lock']);

/** What holds only if frames say what the sources say has to be looked at in the frames; a proof rests on memory. */
function weigh(claim: Claim, input: RuleInput): readonly Claim[] {
  const proved = claim.certainty === 'proved';
  if (needsFrames.has(claim.rule))
    return proved ? unreachableObject.apply({ ...input, unreachedKnots: [claim.knot] }) : [];
  if (proved && memoryAlone.has(claim.rule)) return [claim];
  const doubt = proved
    ? 'That nobody can wake them is proved by memory; how it came about is what the sources and the pointers in frames suggest.'
    : 'No frame could be evaluated in the stripped program, so this is suspected.';
  const explanation = `${claim.explanation} ${doubt}`;
  return [{ ...claim, certainty: proved ? 'proved' : 'suspected', explanation }];
}

/** Rules that tell nothing but what memory proves. */
const memoryAlone: ReadonlySet<string> = new Set(['nil-channel', 'empty-select', unreachableObject.name]);

function summaryOf(
  findings: readonly Finding[],
  { goroutines, signatures }: Snapshot,
  { short, remedy }: ReturnType<typeof wordsFor>,
): string {
  const [finding] = findings;
  const most = signatures.find(({ system, waitReason }) => !system && waitReason !== '');
  const seen =
    finding !== undefined
      ? `It is suspected: ${finding.explanation.split(/(?<=\.) /)[0] ?? ''}`
      : `Of ${goroutines.total} goroutines ${numbered(goroutines.blocked, 'is', 'are')} blocked` +
        (most === undefined
          ? '.'
          : `, ${most.count} of them in ${most.userLocation.function} ("${most.waitReason}").`);
  return `Undecided: ${short}. ${seen} ${remedy}`;
}

/** Which process it was and how it ended, from the core's notes and the executable's build information. */
function knownAnyway({ exe, core }: CheckedPair): string {
  const { command, pid, threads, signal } = core;
  const module = exe.build?.path ?? exe.mainModulePath;
  const known = [
    module === undefined ? '' : `package ${module}`,
    command === undefined ? '' : `command ${command.args === '' ? command.name : command.args}`,
    pid === undefined ? '' : `process ${pid}`,
    `${threads.length} threads`,
    signal === 0 ? 'a debugger took the core' : `signal ${signal} ended it`,
  ].filter((text) => text !== '');
  return `What the headers of the files tell: ${known.join(', ')}.`;
}

const frameOf = (began: number) => ({
  schema: 'lab.diagnosis/1' as const,
  stats: {
    engine: 'core-reader' as const,
    wallMs: Math.round(performance.now() - began),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    crossChecked: 0,
    crossCheckMismatches: 0,
  },
});

/** Neither of the two readers found goroutines. */
function unreadable({ exe, core }: CheckedPair, byDelve: string, without: string): LabError {
  return new LabError(
    `no goroutine can be read from ${exe.path} and ${core.path}, so at least one of them is damaged (${byDelve}; ${without})`,
    { code: 'usage', hint: 'copy both files again from where the process ran' },
  );
}

/** Not even its goroutines could be read. */
function lostDiagnosis(pair: CheckedPair, why: string, began: number): Diagnosis {
  const { short, long, remedy } = wordsFor({ kind: 'stripped' });
  return {
    ...frameOf(began),
    verdict: 'unknown',
    scope: null,
    summary: `Undecided: ${short}, and its goroutines could not be read. ${remedy}`,
    process: processOf(pair, { total: 0, user: 0, system: 0, blocked: 0 }),
    ...{ findings: [], groups: [], userLocations: [] },
    limits: [
      `${long}, and reading its memory without failed: ${why}. No goroutine was counted.`,
      knownAnyway(pair),
    ],
  };
}
