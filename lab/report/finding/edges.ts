import type {
  Diagnosis,
  Edge,
  Finding,
  RootGoroutine,
  WaitedObject,
} from '../../analysis/model/diagnosis.js';

/** A goroutine as edges name it: with its process, where there are several. */
export const nodeNameOf = ({ id, instance }: Pick<RootGoroutine, 'id' | 'instance'>): string =>
  instance === undefined ? `G${id}` : `${instance}.G${id}`;

/**
 * Whether a lock is not held by the goroutine at the end of this edge: that one waits for the lock itself, as the
 * writer that is queued first, and keeps out whoever comes later.
 */
export function isQueuedBehind(
  { from, to, relation }: Edge,
  { rootCause }: Pick<Finding, 'rootCause'>,
): boolean {
  if (relation !== 'held-by') return false;
  const addressOf = (id: string) => rootCause.resources.find((one) => one.id === id)?.address;
  const writer = rootCause.goroutines.find(({ id }) => `G${id}` === to);
  const own = writer?.waitsFor.find((id) => addressOf(id) === addressOf(from));
  if (writer?.waitReason !== 'sync.RWMutex.Lock' || own === undefined) return false;
  return rootCause.edges.some((edge) => edge.relation === 'held-by' && edge.from === own && edge.to !== to);
}

/** Victims of a finding that queue at one object of its root cause. */
export interface VictimEdge {
  /** Ids of the object in the finding: a read-write lock may have one for each way to wait. */
  readonly resources: readonly string[];
  readonly address: string;
  readonly groups: readonly string[];
  /** How many of them wait for this object. */
  readonly goroutines: number;
  /** Where it is none of the root cause: those that are alike, as each request for a connection is. */
  readonly beside?: readonly [WaitedObject, ...WaitedObject[]];
}

/** Objects that are shown although they are none of the root cause. */
const mostBeside = 3;

/**
 * Who waits behind a finding, by the object that they wait for: never more than the object has waiters beside the root
 * cause's own. Where all of them wait for something else, as behind a goroutine that waits on a nil channel, it is that.
 */
export function victimEdges(
  { rootCause, victims }: Finding,
  { groups, objects }: Pick<Diagnosis, 'groups' | 'objects'>,
): readonly VictimEdge[] {
  const edges: VictimEdge[] = [];
  let left = victims.goroutines;
  for (const address of new Set(rootCause.resources.map((one) => one.address))) {
    const alike = rootCause.resources.filter((one) => one.address === address);
    const ids = alike.map(({ id }) => id);
    const waited = objects?.find((one) => one.address === address);
    if (objects !== undefined && waited === undefined) continue;
    const own = rootCause.goroutines.filter(({ waitsFor }) => waitsFor.some((id) => ids.includes(id))).length;
    const queue = alike[0]?.waiters;
    const waiting = waited?.waiting ?? (queue === undefined ? left + own : queue.send + queue.recv);
    // Without a list of objects, as older versions of the lab left it, only the queue tells.
    const theirs = victims.groups.filter((id) => waited === undefined || waited.groups.includes(id));
    const all = groups.reduce((sum, { id, count }) => sum + (theirs.includes(id) ? count : 0), 0);
    const goroutines = Math.min(waiting - own, left, waited === undefined ? left : all);
    if (theirs.length === 0 || goroutines <= 0) continue;
    left -= goroutines;
    edges.push({ resources: ids, address, groups: theirs, goroutines });
  }
  if (edges.length > 0) return edges;
  const waited = (objects ?? []).filter(({ groups: own }) => own.some((id) => victims.groups.includes(id)));
  const looks = new Map<string, WaitedObject[]>();
  for (const one of waited) looks.set(lookOf(one), [...(looks.get(lookOf(one)) ?? []), one]);
  for (const beside of looks.values()) {
    const [first, ...others] = beside;
    const theirs = victims.groups.filter((id) => beside.some((one) => one.groups.includes(id)));
    const waiting = beside.reduce((sum, one) => sum + one.waiting, 0);
    const goroutines = Math.min(waiting, left);
    if (first === undefined || goroutines <= 0 || edges.length >= mostBeside) continue;
    left -= goroutines;
    const alike = [first, ...others] as const;
    edges.push({ resources: [], address: first.address, groups: theirs, goroutines, beside: alike });
  }
  return edges;
}

/** What has a name is alike to what has the same, whatever it holds at the moment. */
const lookOf = ({ name, kind, cap, address }: WaitedObject): string =>
  JSON.stringify([name, kind, cap, name.includes(address) ? address : '']);
