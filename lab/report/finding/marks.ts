import type {
  Diagnosis,
  Evidence,
  Finding,
  Location,
  Resource,
  RootGoroutine,
} from '../../analysis/model/diagnosis.js';
import { ownFrame } from '../../analysis/model/own-frame.js';
import { counted } from '../../counted.js';
import { alikeName, alikeObjects, objectName } from './alike-objects.js';
import { reasonAt } from './chains.js';
import { isQueuedBehind, nodeNameOf } from './edges.js';
import { placeFinder } from './places.js';
import { rootCount } from './titles.js';
import { waitHere } from './wait-words.js';

/** A line of source, with what is to be said of it. */
export interface Mark {
  readonly place: Location;
  readonly text: string;
  /** Where it waits; else where it took what it holds, or would serve others. */
  readonly blocked: boolean;
  /** Where it took what others wait for. */
  readonly holds?: true;
}

/**
 * The lines that tell the story of a finding, the most telling first: where its goroutines wait, and where each of them
 * took a lock or would serve the others.
 */
export function marksOf(finding: Finding, { groups }: Pick<Diagnosis, 'groups'>): readonly Mark[] {
  const { rootCause } = finding;
  const files = [
    ...groups.flatMap(({ stack }) => stack.map(({ file }) => file)),
    ...rootCause.goroutines.flatMap(({ stack }) => stack.map(({ file }) => file)),
  ];
  const findPlaces = placeFinder(files);
  const holders = new Set(
    rootCause.edges
      .filter((edge) => edge.relation === 'held-by' && !isQueuedBehind(edge, finding))
      .map(({ to }) => to),
  );
  const served = new Set(
    rootCause.edges.filter(({ relation }) => relation !== 'waits-for').map(({ to }) => to),
  );
  const crowds = [...crowdsOf(rootCause.goroutines)];
  const rank = ({ members }: Crowd): number =>
    members.some((one) => holders.has(nodeNameOf(one)))
      ? 0
      : members.some((one) => served.has(nodeNameOf(one)))
        ? 1
        : 2;
  const marks = crowds
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((crowd): Mark[] => {
      const who = whoIs(crowd, crowds.length === 1 ? rootCount(finding) : crowd.members.length);
      const wait: Mark = {
        place: crowd.place,
        text: `${who.short} ${waitText(crowd, finding, who.many)}`,
        blocked: true,
      };
      return [wait, ...servingMarks(crowd, finding, groups, findPlaces)];
    });
  const all = [...marks, ...absenceMarks(finding, findPlaces)];
  return all.filter(
    ({ place, text }, i) =>
      i === all.findIndex((one) => samePlace(one.place, place) && (one.text === text || one.blocked)),
  );
}

interface Crowd {
  readonly place: Location;
  readonly members: readonly RootGoroutine[];
}

/** Goroutines at one line. */
function crowdsOf(goroutines: readonly RootGoroutine[]): Iterable<Crowd> {
  const crowds = new Map<string, { place: Location; members: RootGoroutine[] }>();
  for (const one of goroutines) {
    const { function: name, file, line } = ownFrame(one.stack) ?? one.userLocation;
    const key = `${file}:${line} ${one.waitReason}`;
    const crowd = crowds.get(key) ?? { place: { function: name, file, line }, members: [] };
    crowd.members.push(one);
    crowds.set(key, crowd);
  }
  return crowds.values();
}

function whoIs({ members }: Crowd, count: number): { readonly short: string; readonly many: boolean } {
  const [first] = members;
  return count === 1 && first !== undefined
    ? { short: `G${first.id}`, many: false }
    : { short: counted(count, 'goroutine'), many: true };
}

function waitText({ members }: Crowd, { rule, rootCause }: Finding, many: boolean): string {
  const { resources } = rootCause;
  const [first] = members;
  if (rule === 'busy-wait') return `${many ? 'run' : 'runs'} round this loop`;
  if (rule === 'endless-context') return `${many ? 'wait' : 'waits'} here; this context has no end`;
  if (poolRules.has(rule)) return many ? 'wait here for one that is free' : 'waits here for one that is free';
  if (resources.some(({ id, kind }) => kind === 'connection' && first?.waitsFor.includes(id)))
    return many ? 'wait here for an answer' : 'waits here for an answer';
  const verb = waitHere(first?.waitReason ?? '')[many ? 1 : 0];
  const objects = resources.filter(({ id }) => members.some(({ waitsFor }) => waitsFor.includes(id)));
  const alike = alikeObjects(objects);
  const names = [...new Set(alike.map(alikeName))];
  const [object] = objects;
  if (object === undefined || object.address === '0x0') return verb;
  if (object.kind !== 'channel') return `${verb} ${names.slice(0, 2).join(' or ')}`;
  const [name = ''] = names;
  if (names.length > 1) return `${verb}; ${name} and ${names.length - 1} more`;
  return object.name.startsWith('channel 0x') && (alike[0]?.ids.length ?? 1) > 1
    ? `${verb}; ${name}`
    : `${verb}; ${name} ${channelState(object)}`;
}

/** What is waited for is one of a pool, by whatever channel. */
const poolRules: ReadonlySet<string> = new Set([
  'pool-exhausted-by-waiters',
  'leaked-connection',
  'leaked-permit',
]);

function channelState({ len = 0, cap }: Resource): string {
  if (cap === undefined) return 'blocks';
  if (cap === 0) return 'is unbuffered';
  return len === cap
    ? `is full, ${len} of ${cap}`
    : len === 0
      ? `is empty, 0 of ${cap}`
      : `has ${len} of ${cap}`;
}

/** Where a goroutine took what others wait for, or would come to serve them. */
function servingMarks(
  { members }: Crowd,
  finding: Finding,
  groups: Diagnosis['groups'],
  findPlaces: ReturnType<typeof placeFinder>,
): readonly Mark[] {
  const [first] = members;
  if (first === undefined) return [];
  const evidence = new Map(finding.evidence.map((one) => [one.id, one]));
  return finding.rootCause.edges
    .filter((edge) => edge.relation !== 'waits-for' && leadsTo(edge.to, members, groups))
    .filter((edge) => !isQueuedBehind(edge, finding))
    .flatMap(({ from, relation, evidence: ids }): Mark[] => {
      const known = ids.flatMap((id) => evidence.get(id) ?? []);
      // A function value that is called in a library does what it does elsewhere.
      const isCalled = / about to call a function value at /.test(known[0]?.text ?? '');
      const at = known.flatMap((one: Evidence) => findPlaces(one.text))[isCalled ? 1 : 0];
      if (at === undefined) return [];
      const reason = reasonAt(from, finding);
      const name = objectName(finding.rootCause.resources.find(({ id }) => id === from)?.name ?? '');
      const index = Number(/\(frame (\d+)\)/.exec(known[0]?.text ?? '')?.[1] ?? -1);
      const frame = first.stack.find((one) => one.index === index) ?? ownFrame(first.stack);
      const where = { function: isCalled ? '' : (frame?.function ?? ''), file: at.file, line: at.line };
      // Whoever comes only afterwards is another goroutine, in another function.
      const late = /^Goroutine (\d+) comes to/.exec(known[0]?.text ?? '')?.[1];
      if (late !== undefined)
        return [
          { place: { ...where, function: '' }, text: `G${late} comes here only after that`, blocked: false },
        ];
      const operation =
        /(?:where it|: the one of \S+) (receives|sends|closes)\b/.exec(known[0]?.text ?? '')?.[1] ?? '';
      const unit = / where it took the ([\w.]+) at /.exec(known[0]?.text ?? '')?.[1];
      if (poolRules.has(finding.rule))
        return unit === undefined
          ? []
          : [{ place: where, text: `took the ${unit} here, and still has it`, blocked: false, holds: true }];
      return relation === 'held-by'
        ? [{ place: where, text: heldText(reason, name), blocked: false, holds: true }]
        : [{ place: where, text: servingText(reason, name, operation), blocked: false }];
    });
}

/** An edge names a goroutine, or the group that it is of. */
function leadsTo(node: string, members: readonly RootGoroutine[], groups: Diagnosis['groups']): boolean {
  const examples = groups.find(({ id }) => id === node)?.exampleIds ?? [];
  return members.some((one) => nodeNameOf(one) === node || examples.includes(one.id));
}

const heldText = (reason: string, name: string): string =>
  `${reason === 'sync.RWMutex.Lock' ? 'read-locked' : 'locked'} here: it still holds ${name}`;

function servingText(reason: string, name: string, operation: string): string {
  if (operation === 'closes') return `it would close ${name} here, and never gets so far`;
  if (operation === 'sends') return `it should be sending here, and never gets so far`;
  if (reason === 'chan send') return 'it should be receiving here, and never gets back';
  if (reason === 'sync.WaitGroup.Wait') return `it would call Done here, and never gets so far`;
  if (reason === 'sync.Cond.Wait') return `it would signal ${name} here, and never gets so far`;
  return `it would serve ${name} here, and never gets so far`;
}

/** Where nobody is left: the line that its explanation blames. */
const absences: Readonly<Record<string, string>> = {
  'leaked-lock': 'it can return here without unlocking',
  'leaked-permit': 'it can return here with what it took',
  'leaked-sender': 'it was to be received here',
};

function absenceMarks(
  { rule, explanation }: Finding,
  findPlaces: ReturnType<typeof placeFinder>,
): readonly Mark[] {
  const text = absences[rule];
  const [at] = findPlaces(explanation);
  if (text === undefined || at === undefined) return [];
  return [{ place: { function: '', file: at.file, line: at.line }, text, blocked: false }];
}

const samePlace = (a: Location, b: Location): boolean => a.file === b.file && a.line === b.line;
