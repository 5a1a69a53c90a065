import { readExecutable } from '../core/executable.js';
import { localFiles } from '../dump/local-files.js';
import type { Dump } from '../dump/model.js';
import { programOf } from '../dump/program.js';
import type { Emit } from '../events.js';
import { allPrintable } from '../printable.js';
import { claimsOf, studyWaits } from './conclude.js';
import { findingOf, groupsOf, summaryOf, userLocations, verdictOf } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { withTextChecks } from './dump/checks.js';
import { dumpLocators } from './dump/locator.js';
import { groupsOfDump, isOver } from './dump/signatures.js';
import { readWaits, standOf } from './dump/waits.js';
import { AddressBook } from './dump/words.js';
import { openSourcesOf } from './open-sources.js';
import { missingSources, notWanted } from './process-facts.js';
import { stacksOf } from './releasers/context.js';
import type { Claim } from './rules/rule.js';
import type { Cell, Snapshot } from './snapshot.js';
import { unwrapStarts } from './start-locations.js';
import { tellIfLong } from './tell-if-long.js';
import { waitedObjects } from './waited-objects.js';

export interface AnalyzeDumpOptions {
  /** What the dump is called: its file, its address. */
  readonly name: string;
  /** An executable of the program; one is built of the sources when it is not given. */
  readonly exe?: string | undefined;
  /** A folder with the program's sources, where the dump's paths do not lead to them. */
  readonly source?: string | undefined;
  readonly sourceMap?: readonly { readonly from: string; readonly to: string }[] | undefined;
  readonly goRoot?: string | undefined;
  readonly noSource?: boolean | undefined;
  /** Path of the helper that reads sources; one that fits is found or built when not given. */
  readonly facts?: string | undefined;
}

/**
 * Diagnoses a goroutine dump. A text proves little: that a channel is nil, a select empty, that nobody can go on or
 * that the runtime has found a leak. All else is suspected at most, since no object's state and no channel's address is
 * in it.
 */
export async function analyzeDump(
  dump: Dump,
  options: AnalyzeDumpOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const began = performance.now();
  const { noSource = false } = options;
  const program = noSource ? notWanted : await programOf(dump, options, emit, signal);
  const isHere = typeof program !== 'string';
  const exe = isHere ? await readExecutable(program.exe, signal) : undefined;
  const groups = groupsOfDump(dump, isHere ? localFiles(program) : (_, file) => file);
  const found = exe ?? (isHere ? '' : program);
  await using opening = openSourcesOf(found, { ...options, exe: exe?.path ?? '' }, emit, signal);
  const book = new AddressBook();
  const first = snapshotOf(dump, groups, roughCells(groups));
  emit({ type: 'note', text: `${dump.goroutines} goroutines in ${groups.length} distinct stacks` });
  const sources = await opening.of(first);
  const places = new Map(stacksOf(first).map(({ id }, i) => [id, i]));
  const stackOf = (id: string) => places.get(id) ?? -1;
  const study = await tellIfLong(emit, 'following what goroutines wait for', async () => {
    const source = { groups, sources, book, stackOf };
    const { separate, ...waits } = await readWaits(source);
    const snapshot = unwrapStarts({ ...first, ...waits }, sources);
    const locators = dumpLocators(source, { ...waits, separate });
    // The runtime itself ends a program in which nothing is pending any more.
    const timersPending = () => Promise.resolve(!isOver(dump));
    const apart = { proofsApart: true };
    return await studyWaits(snapshot, sources, locators, timersPending, signal, apart);
  });
  const { snapshot } = study.input;
  const { claims, undecided, limits: repeated, outlooks, suspects } = claimsOf(study);
  const weighed = claims.map(weigh);
  const findings = weighed.map((claim, i) =>
    withTextChecks(findingOf({ claim, facts: new Map() }, i, study.input), options.name),
  );
  const verdict = verdictOf(findings, undecided);
  signal.throwIfAborted();
  return allPrintable({
    schema: 'lab.diagnosis/1',
    verdict,
    scope: verdict === 'deadlock' ? (study.input.someoneRuns ? 'partial' : 'global') : null,
    summary: summaryOf(verdict, weighed, snapshot, undecided),
    process: processOf(options, exe, snapshot),
    findings,
    groups: groupsOf(snapshot, outlooks),
    userLocations: userLocations(snapshot.signatures),
    objects: waitedObjects(snapshot, study.input.nameOf),
    ...(suspects.length === 0 ? {} : { suspects: [...suspects] }),
    stats: {
      engine: 'dump',
      wallMs: Math.round(performance.now() - began),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      crossChecked: 0,
      crossCheckMismatches: 0,
    },
    limits: [
      ...new Set([
        ...dump.limits,
        textOnly,
        ...study.limits,
        ...repeated,
        ...undecided,
        ...missingSources(sources),
      ]),
    ],
  });
}

const textOnly =
  'A dump is text: it has no address of a channel and no state of any object, so that channels are told apart by the ' +
  'sources alone and nothing beyond what the runtime says of a goroutine is proved. A core proves it: npx lab capture ' +
  '--pid PID, then npx lab analyze --exe FILE --core FILE.';

/** As far as the text alone tells it; which packages to read hangs on it. */
function roughCells(groups: ReturnType<typeof groupsOfDump>): readonly Cell[] {
  return groups.map((group) => {
    const { signature } = group;
    const stand = standOf(group);
    const wait: Cell['wait'] =
      stand.kind === 'settled'
        ? stand.wait
        : stand.kind === 'channel'
          ? { kind: 'channel', cases: [] }
          : { kind: 'sync', objectKind: stand.sync.objectKind, mode: stand.sync.mode, address: 0 };
    return { key: signature.id, signature, count: signature.count, ids: [], wait, elem: 0 };
  });
}

function snapshotOf(dump: Dump, groups: ReturnType<typeof groupsOfDump>, cells: readonly Cell[]): Snapshot {
  const signatures = groups.map(({ signature }) => signature);
  const sum = (all: typeof signatures) => all.reduce((total, { count }) => total + count, 0);
  const system = sum(signatures.filter((one) => one.system));
  const blocked = sum(signatures.filter(({ status }) => status === 'waiting'));
  return {
    goroutines: { total: dump.goroutines, user: dump.goroutines - system, system, blocked },
    ...{ signatures, cells, channels: new Map(), limits: [] },
  };
}

function processOf(
  { name }: AnalyzeDumpOptions,
  exe: Awaited<ReturnType<typeof readExecutable>> | undefined,
  { goroutines }: Snapshot,
): Diagnosis['process'] {
  return {
    ...{ exe: exe?.path ?? '', core: name, buildId: exe?.buildId.gnu ?? exe?.buildId.go ?? '' },
    ...{ goVersion: 'unknown', os: 'unknown', arch: 'unknown', goroutines: { ...goroutines } },
  };
}

/** What rests on sources and text is suspected; what the runtime says of its goroutines is proved. */
const weigh = (claim: Claim): Claim =>
  claim.certainty === 'proved' ? claim : { ...claim, certainty: 'suspected' };
