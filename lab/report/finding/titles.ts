import type { Diagnosis, Finding, Resource } from '../../analysis/model/diagnosis.js';
import { counted } from '../../counted.js';
import { alikeName, alikeObjects } from './alike-objects.js';

/*
 * A finding in half a line: what it is called, and who does what.
 */

/** Rules about goroutines that nobody serves any more: a leak, unless others wait behind them. */
const leakRules: ReadonlySet<string> = new Set([
  'leaked-sender',
  'forgotten-close',
  'stopped-timer',
  'abandoned-pipe',
  'channel-context',
  'endless-context',
  'unreachable-object',
  'channel-knot',
]);

type FindingKind = 'deadlock' | 'leak' | 'undecided';

/**
 * `leak` where the goroutines are lost and everything else goes on: a part of the program is stuck in a way that nobody
 * waits for. What is only suspected is `undecided`.
 */
export function findingKind(finding: Finding, scope: Diagnosis['scope']): FindingKind {
  if (finding.certainty === 'suspected' || finding.certainty === 'unknown') return 'undecided';
  const served = finding.rootCause.edges.some(({ relation }) => relation !== 'waits-for');
  const alone = finding.victims.goroutines === 0 && (finding.unserved ?? 0) === 0 && !served;
  return scope === 'partial' && alone && leakRules.has(finding.rule) ? 'leak' : 'deadlock';
}

/** What a finding is called: one whose service still answered is a leak. */
export function headWord(finding: Finding, scope: Diagnosis['scope'], answered = false): string {
  const kind = findingKind(finding, scope);
  return kind === 'deadlock' && answered ? 'leak' : kind;
}

/** How many goroutines a finding is about: of very many its root cause lists the first. */
export function rootCount({ explanation, rootCause }: Finding): number {
  const told = Number(/^(\d+) goroutines \(/.exec(explanation)?.[1] ?? 0);
  return Math.max(told, rootCause.goroutines.length);
}

/** So a summary says that the goroutine which waits may be the holder. */
const ownLock = 'it has the lock itself, or';

type Title = (who: string, finding: Finding, many: boolean) => string;

const titles: Readonly<Record<string, Title>> = {
  'self-blocked-consumer': (who, _, many) => `${who} ${many ? 'wait for themselves' : 'waits for itself'}`,
  'double-lock': (who, finding, many) =>
    `${who} ${many ? 'lock' : 'locks'} ${objectsOf(finding)}, which ${many ? 'they hold' : 'it holds'} already`,
  'leaked-lock': (who, finding) =>
    finding.explanation.includes(ownLock)
      ? `${objectsOf(finding)} is locked, and only ${who} could unlock it`
      : `${objectsOf(finding)} was locked and never unlocked`,
  'lock-order': (who, finding) => `${who} take ${objectsOf(finding)} in opposite order`,
  'read-write-read': (_, finding) => `${objectsOf(finding)} is read-locked twice, a writer in between`,
  'channel-lock': (_, finding) =>
    `${objectsOf(finding, isChannel)} is used while ${objectsOf(finding, isLock)} is held`,
  'channel-waitgroup': (_, finding) =>
    `${objectsOf(finding, isGroup)} needs a Done that is blocked on ${objectsOf(finding, isChannel)}`,
  'waitgroup-misuse': (_, finding) => `${objectsOf(finding)} waits for a Done that never comes`,
  'self-wait': (who, finding, many) =>
    finding.rootCause.resources.length === 0
      ? `${who} ${many ? 'wait' : 'waits'} in Shutdown for ${many ? 'their own requests' : 'its own request'}`
      : `${who} ${many ? 'wait' : 'waits'} for ${objectsOf(finding)}, which comes only after ${many ? 'they are' : 'it is'} done`,
  'lost-signal': (_, finding) => `nobody is left to signal ${objectsOf(finding, isCondition)}`,
  'pool-waits-for-itself': (_, finding) => `all ${rootCount(finding)} workers wait for their own pool`,
  'pool-exhausted-by-waiters': (who, _, many) =>
    `${who} ${many ? 'hold' : 'holds'} all that a pool has, and ${many ? 'wait' : 'waits'} for more of it`,
  'leaked-connection': (who, _, many) =>
    `${who} ${many ? 'wait' : 'waits'} for a pool whose units were never given back`,
  'leaked-permit': (who, _, many) =>
    `${who} ${many ? 'wait' : 'waits'} for a semaphore that was taken and never given back`,
  'channel-ring': (who) => `${who} form a ring, each waits to send to the next`,
  'leaked-sender': (who, { explanation }, many) =>
    `${who} ${many ? 'send' : 'sends'}, but the receiver has ${explanation.includes('has returned') ? 'returned' : 'gone on'}`,
  'forgotten-close': (who, finding, many) =>
    `${who} ${many ? 'receive' : 'receives'} from ${objectsOf(finding)}, which nobody closes`,
  'stopped-timer': (who, _, many) => `${who} ${many ? 'wait' : 'waits'} for a timer that does not run`,
  'channel-knot': (who, finding, many) => {
    const { edges, resources } = finding.rootCause;
    const isServed = many && edges.some(({ relation }) => relation !== 'waits-for');
    if (isServed && resources.length > 1) return `${who} wait for one another`;
    return `${who} ${many ? 'wait' : 'waits'} on ${objectsOf(finding)}, which ${isServed ? 'only they would serve' : 'nobody serves'}`;
  },
  'nil-channel': (who, _, many) => `${who} ${many ? 'wait' : 'waits'} on a nil channel, for ever`,
  'empty-select': (who, _, many) => `${who} ${many ? 'wait' : 'waits'} in a select without cases`,
  'channel-context': (who, _, many) =>
    `${who} ${many ? 'wait' : 'waits'} for a context that nobody can cancel`,
  'endless-context': (who, _, many) => `${who} ${many ? 'wait' : 'waits'} for a context that has no end`,
  'abandoned-pipe': (who, _, many) =>
    `${who} ${many ? 'wait' : 'waits'} in a pipe whose other end nobody uses`,
  'undrained-command': (who, _, many) =>
    `${who} ${many ? 'wait' : 'waits'} for a command, and nobody serves a pipe of it`,
  'busy-wait': (who, _, many) => `${who} ${many ? 'run' : 'runs'} round a loop that nobody ends`,
  'across-processes': (_, { instances = [] }) =>
    instances.length < 2
      ? 'the process waits for its own answer'
      : `${instances.length} processes wait for each other's answers`,
  'runaway-recursion': (who, _, many) => `${who} ${many ? 'call' : 'calls'} one function ever deeper`,
  'unreachable-object': (who, finding, many) =>
    `${who} ${many ? 'wait' : 'waits'} for ${objectsOf(finding)}, which nothing alive reaches`,
};

/** Rules that have words here. */
export const titledRules: readonly string[] = Object.keys(titles);

export function findingTitle(finding: Finding): string {
  const count = rootCount(finding);
  const [first] = finding.rootCause.goroutines;
  const who = count === 1 && first !== undefined ? `goroutine ${first.id}` : counted(count, 'goroutine');
  const title = titles[finding.rule];
  if (title !== undefined) return title(who, finding, count !== 1);
  return finding.explanation.split(/(?<=\.) /)[0]?.replace(/\.$/, '') ?? finding.rule;
}

const isChannel = ({ kind }: Resource): boolean => kind === 'channel';
const isLock = ({ kind }: Resource): boolean => kind === 'mutex' || kind === 'rwmutex';
const isGroup = ({ kind }: Resource): boolean => kind === 'waitgroup';
const isCondition = ({ kind }: Resource): boolean => kind === 'cond';

/** The names of a finding's objects, each once; of another kind than wanted where there is none of it. */
function objectsOf({ rootCause }: Finding, wanted: (one: Resource) => boolean = () => true): string {
  const all = rootCause.resources;
  const some = all.filter(wanted);
  const names = [...new Set(alikeObjects(some.length > 0 ? some : all).map(alikeName))];
  if (names.length === 0) return 'its object';
  return names.length <= 2 ? names.join(' and ') : `${names[0]} and ${names.length - 1} more`;
}
