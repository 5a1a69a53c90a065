import type { LabelSet } from '../../goruntime/labels.js';
import { isLibraryFunction } from '../../source/library-paths.js';
import type { ReleaseEvidence } from '../graph/releaser.js';
import { countOf, numbered } from '../model/counts.js';
import type { Location } from '../model/diagnosis.js';
import { type Bucket, hex } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import { isSyncObject, objectsOf } from '../model/wait-object.js';
import type { RootFrames } from '../read/root-frames.js';
import type { ReleaserSearch } from '../releasers/search.js';
import type { Late } from '../rules/latecomers.js';
import type { Claim, RuleInput } from '../rules/rule.js';
import { unitHeldText } from './pool-evidence.js';
import {
  isSyncRelease,
  syncParkedCheck,
  syncReleaseCheck,
  syncReleaseText,
  syncStateCheck,
  syncWaitText,
} from './sync-evidence.js';

/*
 * What the evidence of a finding says, and the Delve commands that show it.
 */

export function starvedText({ knot }: Claim): string {
  const count = countOf(knot.starved);
  if (count === 0) return '';
  const places = [...new Set(knot.starved.map((bucket) => ownPlace(bucket).function))].slice(0, 3);
  const who = numbered(count, 'more goroutine is', 'more goroutines are');
  return ` ${who} blocked as a consequence, in ${places.join(', ')}.`;
}

export function parkedText(bucket: Bucket, objects: readonly WaitObject[], input: RuleInput): string {
  const who =
    bucket.count === 1
      ? `Goroutine ${bucket.ids[0]}`
      : `${bucket.count} goroutines, ${bucket.ids[0]} among them,`;
  const { waitReason } = bucket.signature;
  const at = ownPlace(bucket);
  const spin = input.spins?.get(bucket.key);
  if (spin !== undefined) {
    const verb = bucket.count === 1 ? 'runs' : 'run';
    const lines = spin.from === spin.to ? `${spin.from}` : `${spin.from}-${spin.to}`;
    return `${who} ${verb} in ${at.function} (${at.file}:${at.line}), within the loop of ${spin.function} at ${spin.file}:${lines}`;
  }
  const what = objects
    .map((object) =>
      isSyncObject(object)
        ? syncWaitText(object, input.nameOf(object.address))
        : `${object.mode} on ${input.nameOf(object.address)}`,
    )
    .join(', ');
  const is = bucket.count === 1 ? 'is' : 'are';
  const detail = what === '' ? '' : `: ${what}`;
  return `${who} ${is} parked in ${at.function} (${at.file}:${at.line}), wait reason "${waitReason}"${detail}`;
}

export function parkedCheck(
  bucket: Bucket,
  objects: readonly WaitObject[],
  facts: RootFrames | undefined,
): string {
  if (bucket.signature.status !== 'waiting') return `goroutine ${bucket.ids[0]}; stack`;
  const commands = [`goroutine ${bucket.ids[0]}`, 'print runtime.curg.waitreason'];
  if (facts?.channelFrame !== undefined) commands.push(`frame ${facts.channelFrame} print c`);
  else if (objects.some(isSyncObject)) commands.push(...syncParkedCheck(bucket));
  else if (objects.length > 0) commands.push('print runtime.curg.waiting.c');
  return commands.join('; ');
}

const channelVerbs: Readonly<Record<string, string>> = {
  receive: 'receives from',
  send: 'sends to',
  close: 'closes',
};

export function releaseText(how: ReleaseEvidence, certain: boolean): string {
  if (isSyncRelease(how)) return syncReleaseText(how, certain);
  if (how.operation === 'give-back') return unitHeldText(how);
  if (how.expression.endsWith('()')) {
    return `Goroutine ${how.goroutine} is in ${how.function} (frame ${how.frame}), ahead of ${how.file}:${how.line}, where it calls ${how.expression}, which may be of this context`;
  }
  const verb = channelVerbs[how.operation] ?? how.operation;
  if (how.leads === true) {
    return `Goroutine ${how.goroutine} can get at this channel from its stack, and is one of few; what it waits for is in ${how.function} (frame ${how.frame}), and no way from there to ${how.file}:${how.line}, where somebody ${verb} ${how.expression}, was seen or ruled out`;
  }
  if (how.calledAt !== undefined) {
    return `Goroutine ${how.goroutine} is in ${how.function} (frame ${how.frame}), about to call a function value at ${how.calledAt}: the one of ${how.file}:${how.line} ${verb} ${how.expression}, which may be this channel`;
  }
  const seen =
    how.alone === true
      ? 'must be this very'
      : how.kept === true
        ? 'by a pointer that the frame keeps is this very'
        : 'in that frame is this very';
  const which = certain ? `, which ${seen} channel` : ', which may be this channel';
  return `Goroutine ${how.goroutine} is in ${how.function} (frame ${how.frame}), ahead of ${how.file}:${how.line}, where it ${verb} ${how.expression}${which}`;
}

/** Of whoever comes only after goroutines that wait for it. */
export function lateText({ how, group }: Late, { ids }: Bucket): string {
  return `Goroutine ${how.goroutine} comes to ${how.file}:${how.line} only after it has waited at ${group.file}:${group.line} for the wait group ${group.expr}; goroutine ${ids[0]} has a Done of this very group deferred`;
}

/** The program's own place in a stack, or what comes nearest. */
function ownPlace({ signature }: Bucket): Location {
  return signature.frames.find((frame) => !isLibraryFunction(frame)) ?? signature.userLocation;
}

/** The field's or variable's memory holds the channel's address: `print` shows the contents, not the address. */
export function releaseCheck(how: ReleaseEvidence, certain: boolean): string {
  if (isSyncRelease(how)) return syncReleaseCheck(how);
  // Where it was not evaluated, the expression may belong to another frame.
  if (!certain || how.kept === true || how.alone === true || how.operation === 'give-back')
    return `goroutine ${how.goroutine}; frame ${how.frame} list; list ${how.file}:${how.line}`;
  return `goroutine ${how.goroutine}; frame ${how.frame} examinemem -fmt hex -size 8 -count 1 -x &${how.expression}`;
}

export function searchText(object: WaitObject, search: ReleaserSearch, input: RuleInput): string {
  const needed = object.mode === 'send' ? 'receives from or closes' : 'sends to or closes';
  const name = input.nameOf(object.address);
  const places = search.operations.map((o) => `${o.file}:${o.line} (${o.expression})`);
  if (places.length === 0) return `Nothing in the program's sources ${needed} ${name}`;
  const open = search.releasers.filter((releaser) => releaser.kind === 'open');
  const rest =
    open.length === 0
      ? 'No goroutine outside this set can still get there with this channel'
      : `${leftOpen(object, input)}: ${open.map((o) => (o.kind === 'open' ? o.why : '')).join('; ')}`;
  return `What ${needed} ${name} in the program's sources: ${places.join(', ')}. ${rest}`;
}

/** Where everyone who waits for it is lost, nobody else can come, whatever the sources say. */
export function leftOpen(object: WaitObject, { graph }: RuleInput): string {
  const waiting = graph.buckets.filter((bucket) => objectsOf(bucket).includes(object));
  const lost = waiting.every(({ key }) => graph.unreached?.has(key));
  return lost ? 'Left open by the sources, and ruled out by memory' : 'Not excluded';
}

export const sourceCheck = (search: ReleaserSearch) =>
  search.operations.map((o) => `list ${o.file}:${o.line}`).join('; ') || 'sources';

/** What memory says about who could still come by the object; `undefined` when it was not looked at. */
export function reachText(
  object: WaitObject,
  { snapshot: { reached }, graph, searches, nameOf }: RuleInput,
): string | undefined {
  const lost = graph.buckets.find(
    (bucket) => bucket.signature.leaked === true && objectsOf(bucket).includes(object),
  );
  if (lost !== undefined)
    return `The runtime's own leak detection had found goroutine ${lost.ids[0]} lost before the core was taken (status _Gleaked): nothing alive reaches ${nameOf(object.address)}`;
  if (reached === undefined) return undefined;
  const name = nameOf(object.address);
  const leaders = searches.get(object)?.leaders;
  if (reached.reaches(object.address) && leaders !== undefined) return leadersText(name, leaders);
  if (reached.reaches(object.address))
    return `Live goroutines can still reach ${name}, so memory alone does not prove that nobody will use it`;
  const { counts } = reached;
  const seen =
    counts === undefined
      ? ''
      : `: of ${numbered(counts.objects, 'object', 'objects')} in the heap ${counts.reached} ${counts.reached === 1 ? 'was' : 'were'} reached`;
  const from =
    counts === undefined
      ? ''
      : ` of ${numbered(counts.live, 'goroutine that runs', 'goroutines that run')} or can be woken`;
  return `Nothing alive reaches ${name}${seen} from package variables, registers, finalizers and the stacks${from}`;
}

function leadersText(name: string, { goroutines, queues }: NonNullable<ReleaserSearch['leaders']>): string {
  const shown = goroutines.slice(0, maxLeaders).join(', ');
  const stacks = `the stacks of goroutines that wait themselves (${shown}${goroutines.length > maxLeaders ? ' ...' : ''})`;
  const waiting = queues.map((queue) => `what waits in ${queue.name ?? `channel ${hex(queue.address)}`}`);
  return `Nothing leads to ${name} but ${[stacks, ...waiting].join(' and ')}: package variables, other goroutines and finalizers do not`;
}

const maxLeaders = 4;

export function objectCheck(object: WaitObject, { graph }: RuleInput): string {
  const address = object.address;
  const sync = graph.syncObjects?.get(address);
  return sync === undefined ? `print *(*"runtime.hchan")(${hex(address)})` : syncStateCheck(sync);
}

/** Labels are of the program's own making: what request, tenant or job a goroutine works for. */
export const labelsText = (goroutine: number, set: LabelSet): string =>
  `Goroutine ${goroutine} has the ${set.length === 1 ? 'label' : 'labels'} ${set.map(([key, value]) => `${key}=${value}`).join(', ')}`;

/** Delve takes a label to look for without blanks only. */
export function labelsCheck(set: LabelSet): string {
  const typed = set.map(([key, value]) => `${key}=${value}`).find((label) => /^[\w./=:-]+$/.test(label));
  return typed === undefined ? 'goroutines -l' : `goroutines -l -with label ${typed}`;
}
