import {
  type Diagnosis,
  deadlockClasses,
  deadlockSubtypes,
  type Finding,
  type RootGoroutine,
} from '../analysis/model/diagnosis.js';
import { isAssertive, placeOf } from '../expectation.js';

/** One goroutine of a root cause, by which all answers of a step are judged together. */
interface Subject {
  readonly diagnosis: Diagnosis;
  readonly finding: Finding;
  readonly root: RootGoroutine;
}

interface Fact {
  /** Every right answer; none when the diagnosis knows of nothing. */
  readonly values: (subject: Subject) => readonly (string | number)[];
  readonly same: (given: string, value: string) => boolean;
  readonly choices?: readonly string[];
}

const number = (given: string, value: string): boolean =>
  /^#?\d[\d.,_ ]*$/.test(given) && Number(given.replaceAll(/[#.,_ ]/g, '')) === Number(value);

const address = (given: string, value: string): boolean =>
  /^0x[0-9a-f]+$/i.test(given) && BigInt(given) === BigInt(value);

/** `main.(*Metrics).SetM` is known as `(*Metrics).SetM`, `Metrics.SetM` and `SetM`, too. */
function name(given: string, value: string): boolean {
  const parts = (text: string): string[] =>
    text
      .replace(/\(\)$/, '')
      .replaceAll(/[\s()*&]/g, '')
      .split('.');
  const [asked, right] = [parts(given), parts(value)];
  return (
    given !== '' && asked.length <= right.length && right.slice(-asked.length).join('.') === asked.join('.')
  );
}

/** An object is known by its last name, whatever the variable before it is called: `m.inChannel`. */
const object = (given: string, value: string): boolean =>
  name(given, value) || name(given.slice(given.lastIndexOf('.') + 1), value);

const word = (given: string, value: string): boolean => given.toLowerCase() === value.toLowerCase();

const placed = ({ root }: Subject) => {
  const function_ = placeOf(root);
  return root.stack.find((frame) => frame.function === function_) ?? root.userLocation;
};

const resources = ({ finding, root }: Subject) =>
  finding.rootCause.resources.filter(({ id }) => root.waitsFor.includes(id));

interface Place {
  readonly function: string;
  readonly line: number;
  readonly count: number;
}

/**
 * Where most goroutines stand: as in the lab's table, by their innermost function that is no lock's, and by whatever a
 * debugger calls the place, which is somewhere between these two (`sync.(*Mutex).Lock`).
 */
function crowd({ diagnosis: { userLocations, groups } }: Subject): readonly Place[] {
  const places = groups.map((group) => {
    const stack = group.stack.map((frame, index) => ({ ...frame, index }));
    const name = placeOf({ ...group, stack });
    const from = stack.findIndex((frame) => frame.function === group.userLocation.function);
    const to = stack.findIndex((frame) => frame.function === name);
    const waiting = stack.slice(Math.max(from, 0), to + 1);
    return { count: group.count, waiting: waiting.length > 0 ? waiting : [group.userLocation] };
  });
  const own = summed(places.map(({ count, waiting }) => ({ count, waiting: waiting.slice(-1) })));
  const [largest] = largestOf(own);
  const inIt = places.filter(({ waiting }) => {
    const last = waiting.at(-1);
    return last?.function === largest?.function && last?.line === largest?.line;
  });
  const between = summed(places).filter((place) =>
    inIt.some(({ waiting }) =>
      waiting.some((frame) => frame.function === place.function && frame.line === place.line),
    ),
  );
  return [...largestOf(own), ...largestOf(userLocations), ...between];
}

const largestOf = (places: readonly Place[]): Place[] =>
  places.toSorted((a, b) => b.count - a.count).slice(0, 1);

/** How many stand in each of the places, on their way to where they wait. */
function summed(
  groups: readonly { readonly count: number; readonly waiting: readonly Omit<Place, 'count'>[] }[],
): Place[] {
  const places = new Map<string, Place>();
  for (const { count, waiting } of groups) {
    const seen = new Map(waiting.map((frame) => [`${frame.function}:${frame.line}`, frame]));
    for (const [key, { function: name, line }] of seen)
      places.set(key, { function: name, line, count: (places.get(key)?.count ?? 0) + count });
  }
  return [...places.values()];
}

/** What a step may ask; each is answered by the lab's own diagnosis of that very core. */
export const facts = {
  goroutine: { values: ({ root }) => [root.id], same: number },
  function: { values: (subject) => [placed(subject).function], same: name },
  line: { values: (subject) => [placed(subject).line], same: number },
  file: { values: (subject) => [placed(subject).file.split('/').at(-1) ?? ''], same: word },
  start: { values: ({ root }) => [root.startLocation.function], same: name },
  'created-by': { values: ({ root }) => [root.goStatementLocation.function], same: name },
  'wait-reason': { values: ({ root }) => [root.waitReason], same: word },
  object: { values: (subject) => resources(subject).map((one) => one.name), same: object },
  address: { values: (subject) => resources(subject).map((one) => one.address), same: address },
  length: { values: (subject) => resources(subject).flatMap(({ len }) => len ?? []), same: number },
  capacity: { values: (subject) => resources(subject).flatMap(({ cap }) => cap ?? []), same: number },
  /** Who has what this goroutine waits for, or owes it. */
  releaser: {
    values: ({ finding, root }) =>
      finding.rootCause.edges
        .filter(({ from, relation }) => relation !== 'waits-for' && root.waitsFor.includes(from))
        .map(({ to }) => Number(to.slice(1))),
    same: number,
  },
  /** What this goroutine has while it waits. */
  holds: {
    values: ({ finding, root }) => {
      const held = finding.rootCause.edges.filter(
        ({ to, relation }) => relation !== 'waits-for' && to === `G${root.id}`,
      );
      return finding.rootCause.resources
        .filter(({ id }) => held.some(({ from }) => from === id))
        .map((one) => one.address);
    },
    same: address,
  },
  class: { values: ({ finding }) => [finding.class], same: word, choices: deadlockClasses },
  subtype: { values: ({ finding }) => [finding.subtype], same: word, choices: deadlockSubtypes },
  victims: { values: ({ finding }) => [finding.victims.goroutines], same: number },
  total: { values: ({ diagnosis }) => [diagnosis.process.goroutines.total], same: number },
  'crowd-count': { values: (subject) => crowd(subject).map(({ count }) => count), same: number },
  'crowd-function': { values: (subject) => crowd(subject).map((place) => place.function), same: name },
  'crowd-line': { values: (subject) => crowd(subject).map(({ line }) => line), same: number },
} as const satisfies Record<string, Fact>;

export type FactName = keyof typeof facts;
export const factNames = Object.keys(facts) as [FactName, ...FactName[]];

/** What may be chosen for a fact; `undefined` when it is typed. */
export function choicesOf(fact: FactName): readonly string[] | undefined {
  const { choices }: Fact = facts[fact];
  return choices;
}

/** Asked facts whose answers are wrong, for the goroutine of the root cause that most of them fit. */
export function wrongAnswers(
  diagnosis: Diagnosis,
  given: readonly { readonly fact: FactName; readonly answer: string }[],
): readonly FactName[] | undefined {
  const wrong = subjectsOf(diagnosis).map((subject) =>
    given.filter(({ fact, answer }) => !fits(fact, subject, answer.trim())).map(({ fact }) => fact),
  );
  return wrong.toSorted((a, b) => a.length - b.length)[0];
}

/** Right answers of one goroutine of the root cause; `undefined` when the lab knows none. */
export function rightAnswers(
  diagnosis: Diagnosis,
  asked: readonly FactName[],
): readonly string[] | undefined {
  for (const subject of subjectsOf(diagnosis)) {
    const values = asked.map((fact) => valuesOf(fact, subject)[0]);
    if (values.every((value) => value !== undefined)) return values;
  }
  return undefined;
}

/** A dump proves little: of what it suspects, the first is meant. */
function told({ findings, stats }: Diagnosis): readonly Finding[] {
  return stats.engine === 'dump' ? findings.slice(0, 1) : findings.filter(isAssertive);
}

function subjectsOf(diagnosis: Diagnosis): Subject[] {
  return told(diagnosis).flatMap((finding) =>
    finding.rootCause.goroutines.map((root) => ({ diagnosis, finding, root })),
  );
}

const valuesOf = (fact: FactName, subject: Subject): string[] => facts[fact].values(subject).map(String);

function fits(fact: FactName, subject: Subject, answer: string): boolean {
  return valuesOf(fact, subject).some((value) => facts[fact].same(answer, value));
}
