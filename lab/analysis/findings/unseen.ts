import type { Variables } from '../../core/variable-names.js';
import type { Root } from '../../goruntime/heap/root-of.js';
import type { WaitForGraph } from '../graph/wait-for-graph.js';
import type { LeakProfile } from '../model/leak-profile.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';

/** What is known about the two moments and the process, for saying why the runtime did not see a goroutine. */
export interface Seeing {
  readonly profile: LeakProfile;
  readonly snapshot: Snapshot;
  readonly graph: WaitForGraph;
  /** `go1.26.8 X:goroutineleakprofile`, as far as the input tells it. */
  readonly goVersion: string;
  /** When the profile was taken: `12 s before it`, the core; absent where that is not known. */
  readonly moment: string | undefined;
  readonly nameOf: (address: number) => string;
  readonly variables: Variables;
  /** Whether a finding tells of the goroutine with that number. */
  readonly isStuck: (id: number) => boolean;
}

/**
 * What a garbage collection that looks for leaks looks at: `isMaybeRunnable` in runtime/mgc.go and `internalBlocked` in
 * runtime/mgcmark.go of Go 1.26 and 1.27. Everybody else counts as alive, with all that his stack leads to.
 */
const lookedAt: ReadonlySet<string> = new Set([
  ...['chan receive', 'chan send', 'select', 'chan receive (nil chan)', 'chan send (nil chan)'],
  ...['select (no cases)', 'sync.Cond.Wait', 'sync.WaitGroup.Wait', 'sync.Mutex.Lock'],
  ...['sync.RWMutex.Lock', 'sync.RWMutex.RLock'],
]);

/** Why the profile has none of the goroutines, a part of a sentence. */
export function whyUnseen(bucket: Bucket, seeing: Seeing): string {
  const { profile, snapshot, goVersion, moment } = seeing;
  const isOlder = moment?.endsWith('before it') === true;
  const { signature, ids } = bucket;
  const { waitReason } = signature;
  const lack = withoutProfile(goVersion);
  if (lack !== undefined) return lack;
  if (signature.status !== 'waiting')
    return 'they are not parked: the collector looks only at goroutines that wait in the runtime';
  if (waitReason !== '' && !lookedAt.has(waitReason))
    return `the collector does not look at goroutines that wait by "${waitReason}": for it, they may always go on`;
  if (waitReason === 'select (no cases)' && ids.includes(1))
    return 'the runtime leaves out the main goroutine in a select without cases: that keeps a program running';
  if (ids.length > 0 && profile.ids !== undefined && ids.every((id) => profile.ids?.has(id) === false))
    return `none of them is in the profile: they were started after it was taken${isOlder ? '' : ', or it is of another process'}`;
  const objects = objectsOf(bucket);
  const variable = objects.find(({ address }) => isInProgram(address));
  if (snapshot.reached === undefined) {
    return variable === undefined
      ? 'what they wait for is still reachable, or was then; by what, only a core tells'
      : `${seeing.nameOf(variable.address)} lies in the program itself: it is, or is part of, a package variable`;
  }
  for (const object of objects) {
    const { address } = object;
    const root = snapshot.reached.rootOf?.(address);
    const holder = root?.kind === 'goroutine' ? holderOf(object, seeing) : undefined;
    if (holder !== undefined) return holderText(holder, seeing.nameOf(address), seeing);
    if (root !== undefined) return rootText(root, seeing.nameOf(address), seeing);
    if (snapshot.reached.reaches(address))
      return `${seeing.nameOf(address)} is still reachable, so the collector takes them for alive`;
  }
  const lost = 'nothing that is alive leads to what they wait for';
  if (profile.form === 'traceback' && profile.stacks.length === 0)
    return `${lost} in this core, and nobody is marked in the profile: it may be a dump of all goroutines instead`;
  return moment === undefined
    ? `${lost} in this core: when the profile was taken, it was still reachable, or they did not wait yet`
    : `${lost} in this core; the profile was taken ${moment}, when they did not wait yet or it was still reachable`;
}

/** A goroutine that has the object in a frame, as its variables tell: better than a word on some stack that may be left over. */
function holderOf(object: WaitObject, { graph }: Seeing): Bucket | undefined {
  const releaser = graph.releasers.get(object)?.find((one) => one.kind === 'bucket' && one.certain);
  return releaser?.kind === 'bucket' ? graph.buckets.find(({ key }) => key === releaser.bucket) : undefined;
}

function holderText(holder: Bucket, name: string, seeing: Seeing): string {
  const [id = 0] = holder.ids;
  const [object] = objectsOf(holder);
  const by = object && seeing.snapshot.reached?.rootOf?.(object.address);
  return goroutineText(
    { kind: 'goroutine', id, ...(by && { waitsFor: by }) },
    `goroutine ${id} has ${name}`,
    seeing,
  );
}

/** Why a program has no such profile; `undefined` where it has one, or that is not known. */
export function withoutProfile(goVersion: string): string | undefined {
  const minor = Number(/^go1\.(\d+)/.exec(goVersion)?.[1]);
  if (Number.isNaN(minor) || minor > 26 || /\bgoroutineleakprofile\b/.test(goVersion)) return undefined;
  const [release = ''] = /^go[\d.]+/.exec(goVersion) ?? [];
  return minor === 26
    ? `the program was built without it: ${release} has it with GOEXPERIMENT=goroutineleakprofile only`
    : `the program was built without it: ${release} has none, Go 1.27 does`;
}

/** Programs that are not position independent lie below it, and no heap does. */
const topOfPrograms = 2 ** 32;

/** An address that a dump has printed. */
const isInProgram = (address: number): boolean => address > 0 && address < topOfPrograms;

/** Chains of goroutines that keep one another alive are told so far. */
const mostSteps = 2;

/** By what an object is reached, a part of a sentence. */
export function rootText(root: Root, name: string, seeing: Seeing, steps = mostSteps): string {
  const { variables } = seeing;
  switch (root.kind) {
    case 'variable': {
      const variable = variables.at(root.address);
      if (root.itself && (variable === undefined || variable === name))
        return `${name} is a package variable, always reachable`;
      if (root.itself) return `${name} lies in the package variable ${variable}`;
      if (variable === undefined) return `a package variable leads to ${name}`;
      if (variable.startsWith('runtime.')) {
        const what = variable === 'runtime.allp' ? ', where timers are kept' : '';
        return `the runtime itself leads to ${name} (${variable}${what})`;
      }
      return `the package variable ${variable} leads to ${name}`;
    }
    case 'attached':
      return `a finalizer, a cleanup or a weak pointer leads to ${name}`;
    case 'thread':
      return `the stack or a register of a thread leads to ${name}`;
    case 'goroutine':
      return goroutineText(
        root,
        `a word on the stack of goroutine ${root.id} leads to ${name}`,
        seeing,
        steps,
      );
  }
}

/** After what is told of a goroutine: why the collector takes it for alive. */
function goroutineText(
  { id, waitsFor }: Extract<Root, { kind: 'goroutine' }>,
  told: string,
  seeing: Seeing,
  steps = mostSteps,
): string {
  const { snapshot, isStuck, nameOf } = seeing;
  const bucket = snapshot.buckets.find(({ ids }) => ids.includes(id));
  if (waitsFor === undefined) {
    const reason = bucket?.signature.waitReason ?? '';
    return `${told}, and it ${reason === '' ? 'runs or can be woken from outside' : `waits by "${reason}"`}`;
  }
  const alive = `${told}, and for the collector it is alive${isStuck(id) ? ', though it is stuck itself' : ''}`;
  const [object] = bucket === undefined ? [] : objectsOf(bucket);
  if (steps === 0 || object === undefined) return alive;
  return `${alive}: ${rootText(waitsFor, nameOf(object.address), seeing, steps - 1)}`;
}
