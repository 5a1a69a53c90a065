import { type EvaluateGlobal, type Offsets, structIfAny } from '../fields.js';

/** The names of the program's types that match a regular expression, as a debugger takes them. */
export type ListTypes = (expression: string) => Promise<readonly string[]>;

/** Field offsets of the pools of one version of `github.com/jackc/puddle` in this binary, bytes. */
export interface PuddleLayout {
  /** As a debugger takes it: of a generic pool, one of its instances. */
  readonly goType: string;
  readonly pool: {
    readonly least: number;
    /** A slice of pointers to resources. */
    readonly all: number;
    readonly maxSize: number;
    readonly closed: number;
    /** Whoever finds no resource waits for a semaphore (since version 2.1), or for a condition. */
    readonly waits: { readonly kind: 'semaphore' | 'condition'; readonly pointer: number };
  };
  /** Of a generic pool, one for each type of resource that is laid out differently. */
  readonly resources: readonly ResourceLayout[];
  /** Of the pools of `pgxpool`, which are made of these. */
  readonly connections: ConnectionsLayout | undefined;
}

export interface ResourceLayout {
  readonly value: number;
  readonly pool: number;
  readonly status: number;
}

/** What `pgxpool` has of a connection in one of its resources, and what it hands out. */
export interface ConnectionsLayout {
  /** In what the resource's value points at: slices of arrays, of which the handles are taken one by one. */
  readonly conns: number;
  readonly rows: number;
  readonly row: number | undefined;
  readonly conn: { readonly resource: number; readonly pool: number };
  /** Structs that have a pointer to a connection's handle, and an interface that is not nil. */
  readonly rowsType: WrapperLayout;
  readonly rowType: WrapperLayout | undefined;
  readonly tx: (WrapperLayout & { readonly least: number }) | undefined;
}

export interface WrapperLayout {
  readonly conn: number;
  readonly inner: number;
}

/** Layouts of the versions of puddle that the program has; none where it has none, or unknown ones. */
export async function readPuddleLayouts(
  evaluate: EvaluateGlobal,
  listTypes: ListTypes,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<readonly PuddleLayout[]> {
  const names = await listTypes('^github\\.com/jackc/(puddle|pgx)(/v[0-9]+)?(/pgxpool)?\\.');
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const out: PuddleLayout[] = [];
  for (const path of new Set(
    names.flatMap((name) => /^github\.com\/jackc\/puddle(?:\/v\d+)?(?=\.)/.exec(name) ?? []),
  )) {
    const own = names.filter((name) => name.startsWith(`${path}.`));
    const pools = own.filter((name) => isNamed(name, path, 'Pool'));
    const resources = own.filter((name) => isNamed(name, path, 'Resource'));
    const [goType] = pools;
    if (goType === undefined) continue;
    const pool = poolOf(await offsets(goType));
    const laidOut = (await Promise.all(resources.map(offsets))).flatMap((one) => resourceOf(one) ?? []);
    if (pool === undefined || laidOut.length === 0) continue;
    const pgx = pgxOf(path, names);
    out.push({
      ...{ goType, pool, resources: differing(laidOut) },
      connections: pgx === undefined ? undefined : await connectionsOf(pgx, offsets),
    });
  }
  return out;
}

/** `Pool`, or an instance of it for a type of the program rather than for one that only has such a shape. */
const isNamed = (name: string, path: string, type: string) =>
  name === `${path}.${type}` || (name.startsWith(`${path}.${type}[`) && !name.includes('[go.shape.'));

/** Version 4 of pgx is built on the first puddle, later ones on the generic one. */
function pgxOf(puddle: string, names: readonly string[]): string | undefined {
  const wanted = /\/v\d+$/.test(puddle)
    ? /^(.*\/pgx\/v(?:[5-9]|\d\d)\/pgxpool)\./
    : /^(.*\/pgx\/v4\/pgxpool)\./;
  return names.map((name) => wanted.exec(name)?.[1]).find((path) => path !== undefined);
}

function poolOf(fields: Offsets): PuddleLayout['pool'] | undefined {
  const [all, maxSize, closed] = ['allResources', 'maxSize', 'closed'].map((name) => fields.get(name));
  const semaphore = fields.get('acquireSem');
  const pointer = semaphore ?? fields.get('cond');
  if (all === undefined || maxSize === undefined || closed === undefined || pointer === undefined)
    return undefined;
  const kind = semaphore === undefined ? 'condition' : 'semaphore';
  return { ...{ least: Math.max(...fields.values()) + 1, all, maxSize, closed }, waits: { kind, pointer } };
}

function resourceOf(fields: Offsets): ResourceLayout | undefined {
  const [value, pool, status] = ['value', 'pool', 'status'].map((name) => fields.get(name));
  return value === undefined || pool === undefined || status === undefined
    ? undefined
    : { value, pool, status };
}

const differing = (layouts: readonly ResourceLayout[]) => [
  ...new Map(layouts.map((one) => [`${one.pool} ${one.status}`, one])).values(),
];

async function connectionsOf(
  path: string,
  offsets: (type: string) => Promise<Offsets>,
): Promise<ConnectionsLayout | undefined> {
  const [held, conn, rowsType, rowType, tx] = await Promise.all(
    ['connResource', 'Conn', 'poolRows', 'poolRow', 'Tx'].map((type) => offsets(`${path}.${type}`)),
  );
  const conns = held?.get('conns');
  const rows = held?.get('poolRowss');
  const resource = conn?.get('res');
  const pool = conn?.get('p');
  const ofRows = wrapperOf(rowsType, 'r');
  const ofTx = wrapperOf(tx, 't');
  if (conns === undefined || rows === undefined || resource === undefined || pool === undefined)
    return undefined;
  if (ofRows === undefined) return undefined;
  return {
    ...{ conns, rows, row: held?.get('poolRows'), conn: { resource, pool } },
    ...{ rowsType: ofRows, rowType: wrapperOf(rowType, 'r') },
    tx: ofTx && { ...ofTx, least: Math.max(...(tx?.values() ?? [])) + 1 },
  };
}

function wrapperOf(fields: Offsets | undefined, inner: string): WrapperLayout | undefined {
  const [conn, wrapped] = [fields?.get('c'), fields?.get(inner)];
  return conn === undefined || wrapped === undefined ? undefined : { conn, inner: wrapped };
}
