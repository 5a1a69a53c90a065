import { instance, type Viz } from '@viz-js/viz';
import type { Diagnosis, Finding, Resource } from '../../analysis/model/diagnosis.js';
import { ownFrame, shortName } from '../../analysis/model/own-frame.js';
import { counted, number } from '../../counted.js';
import { printable } from '../../printable.js';
import type { SourceMap } from '../../source/source-map.js';
import { type VictimEdge, victimEdges } from '../finding/edges.js';
import { findingTitle, rootCount } from '../finding/titles.js';
import { waitShort } from '../finding/wait-words.js';
import type { GraphNode, GraphPicture } from '../page-data.js';
import { sourceLines } from '../source-lines.js';
import { cyclesOf } from './cycles.js';
import { type Folded, type FoldedEdge, type FoldedGraph, foldGraph } from './fold-graph.js';
import { captionOf } from './graph-caption.js';
import { layOut, type Sketch, type SketchedEdge } from './graph-layout.js';
import { objectState } from './object-state.js';
import { joinTwins } from './twins.js';

/** More than these say nothing in a picture. */
const mostNodes = 40;
/** Pictures that come a second time, for narrow screens. */
const mostDrawnTwice = 12;
const longestLabel = 44;
/** Groups of victims that are named. */
const mostGroups = 12;
/** What still can be read at the width of a page, points. */
const widest = 900;
/** Of the widest fonts that a browser may choose, points. */
const letterWidth = 7.4;
const lineHeight = 18;

/**
 * The wait-for graph of a finding's root cause, laid out by Graphviz; the victims at an object are one node, and a
 * goroutine has the line of code where it stands, where `sources` lead to it.
 */
export async function drawGraph(
  finding: Finding,
  diagnosis: Waiting,
  sources?: SourceMap,
): Promise<GraphPicture | undefined> {
  const sketched = sketch(finding, diagnosis, sources);
  if (sketched.nodes.length === 0) return undefined;
  const { nodes, edges } = cyclesOf(sketched);
  const told = {
    ...{ leftOut: sketched.leftOut, caption: captionOf(finding, diagnosis.groups, sketched) },
    title: `${finding.rule}: ${findingTitle(finding)} (${finding.certainty})`,
  };
  loading ??= instance();
  const viz = await loading;
  const wide = layOut(viz, nodes, edges, 'LR');
  const high = layOut(viz, nodes, edges, 'TB');
  if (wide.width > widest || wide.width <= high.width)
    return { ...(wide.width > widest ? high : wide), ...told };
  return { ...wide, ...told, ...(nodes.length <= mostDrawnTwice ? { narrow: high } : {}) };
}

let loading: Promise<Viz> | undefined;

type Waiting = Pick<Diagnosis, 'groups' | 'objects'>;

function sketch(
  finding: Finding,
  diagnosis: Waiting,
  sources: SourceMap,
): { readonly nodes: readonly Sketch[]; readonly edges: readonly SketchedEdge[]; readonly leftOut: number } {
  const folded = joinTwins(foldGraph(finding, diagnosis.groups));
  const drawn = folded.nodes.slice(0, mostNodes);
  const known = new Map(drawn.map((one) => [one.id, one]));
  const totals = totalsOf(finding, diagnosis, folded);
  const edges: SketchedEdge[] = folded.edges
    .filter(({ from, to }) => known.has(from) && known.has(to))
    .map((edge) => ({ ...edge, label: clip(labelOf(edge, known, folded)) }));
  const behind = victimEdges(finding, diagnosis).flatMap((victims, i) => {
    const object = drawn.find(({ members }) => victims.resources.some((id) => members.includes(id)));
    const to = object?.id ?? victims.beside?.[0].id;
    return to === undefined ? [] : [{ victims, to, id: i === 0 ? 'V' : `V${i + 1}` }];
  });
  const beside = behind.flatMap(({ victims: { beside: alike } }) =>
    alike === undefined
      ? []
      : [{ ...objectNode(alike[0], number(alike.length)), members: alike.map(({ id }) => id) }],
  );
  return {
    nodes: [
      ...drawn.map((one) => nodeOf(one, totals(one), sources)),
      ...beside,
      ...behind.map(({ id, victims }) => victimsNode(id, victims)),
    ],
    edges: [
      ...edges,
      ...behind.map(
        ({ id, to }): SketchedEdge => ({
          ...{ from: id, to, label: 'wait', relation: 'waits-for', inferred: false, evidence: [] },
        }),
      ),
    ],
    leftOut: folded.nodes.length - drawn.length,
  };
}

/** Of very many goroutines and objects a root cause lists the first; what is told is how many there are. */
function totalsOf(
  finding: Finding,
  { objects = [] }: Waiting,
  { nodes }: FoldedGraph,
): (one: Folded) => string {
  const goroutines = rootCount(finding);
  const alone = nodes.filter(({ kind }) => kind === 'goroutine').length === 1;
  const isCut = goroutines > finding.rootCause.goroutines.length;
  return (folded) => {
    if (folded.kind === 'goroutine') return number(alone ? goroutines : folded.count);
    const alike = objects.filter(({ name, cap }) => name === folded.one.name && cap === folded.one.cap);
    const count = Math.max(folded.count, new Set(alike.map(({ address }) => address)).size);
    if (folded.count === 1 || !isCut) return number(folded.count);
    return count === goroutines ? number(count) : `${number(count)} or more`;
  };
}

function nodeOf(folded: Folded, total: string, sources: SourceMap): Sketch {
  const { id, members } = folded;
  if (folded.kind === 'object') {
    return { ...objectNode(folded.one, total), id, members };
  }
  const { one } = folded;
  const { function: name, file, line } = ownFrame(one.stack) ?? one.userLocation;
  const whose = one.instance === undefined ? '' : `${one.instance}: `;
  const title = `${whose}${total === '1' ? `goroutine ${one.id}` : `${total} goroutines`}`;
  return node(id, 'goroutine', members, [title, `${shortName(name)}:${line}`], codeAt(file, line, sources));
}

function codeAt(file: string, line: number, sources: SourceMap): string {
  const found = sourceLines([{ file, line }], sources)[`${file}:${line}`];
  return printable(found?.lines[line - found.from]?.replace(/\s*\/\/.*$/, '').trim() ?? '');
}

function objectNode(one: Resource, total = '1'): Sketch {
  const name = shortName(one.name);
  const isTold = total !== '1' || name.includes(one.address) || !/^0x.*[1-9a-f]/.test(one.address);
  const state = objectState(one);
  return node(
    one.id,
    'object',
    [one.id],
    [
      total === '1' ? name : `${total} × ${name}`,
      state.replace('-', ' ') === name ? '' : state,
      isTold ? '' : one.address,
    ],
  );
}

function victimsNode(id: string, { goroutines, groups }: VictimEdge): Sketch {
  const more = groups.length - mostGroups;
  return {
    ...node(id, 'victims', groups.slice(0, mostGroups), [
      counted(goroutines, 'goroutine'),
      'blocked behind it',
    ]),
    ...(more > 0 ? { moreGroups: more } : {}),
  };
}

function node(
  id: string,
  kind: GraphNode['kind'],
  members: readonly string[],
  texts: readonly string[],
  code = '',
): Sketch {
  const lines = texts.filter((text) => text !== '').map(clip);
  const all = code === '' ? lines : [...lines, clip(code)];
  const width = Math.max(...all.map((line) => line.length)) * letterWidth + 32;
  return {
    ...{ id, kind, members, lines, ...(code === '' ? {} : { code: clip(code) }) },
    ...{ width: Math.round(width), height: all.length * lineHeight + 20 },
  };
}

function labelOf(
  { from, to, relation }: FoldedEdge,
  known: ReadonlyMap<string, Folded>,
  { nodes, edges }: FoldedGraph,
) {
  const reasonOf = (id: string): string => {
    const found = nodes.find((one) => one.id === id);
    return found?.kind === 'goroutine' ? found.one.waitReason : '';
  };
  if (relation === 'queued-behind') return 'queued behind';
  if (relation === 'held-by') return heldLabel(from, edges, reasonOf);
  const isAnswer = (id: string): boolean => {
    const one = known.get(id);
    return one?.kind === 'object' && one.one.kind === 'connection';
  };
  if (relation === 'waits-for') return isAnswer(to) ? 'waits for the answer' : waitShort(reasonOf(from));
  if (isAnswer(from)) return 'answered by';
  const object = known.get(from);
  const channel = object?.kind === 'object' && object.one.kind === 'channel';
  const waiter = edges.find((edge) => edge.to === from && edge.relation === 'waits-for')?.from ?? '';
  const reason = reasonOf(waiter);
  if (channel && known.has(to) && reason === 'chan send') return 'would receive';
  if (channel && known.has(to) && reason === 'chan receive') return 'would send';
  return 'would release';
}

/** Who waits for a lock tells how it is held: a writer waits for readers to leave. */
function heldLabel(lock: string, edges: readonly FoldedEdge[], reasonOf: (id: string) => string): string {
  const reasons = edges
    .filter(({ to, relation }) => to === lock && relation === 'waits-for')
    .map((e) => reasonOf(e.from));
  return reasons.includes('sync.RWMutex.Lock') && reasons.includes('sync.RWMutex.RLock')
    ? 'read-held by'
    : 'held by';
}

function clip(text: string): string {
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
}
