import type { Edge, Finding, Group } from '../../analysis/model/diagnosis.js';
import { counted } from '../../counted.js';
import { alikeName, alikeObjects, objectName, placeOf } from './alike-objects.js';
import { isQueuedBehind } from './edges.js';
import { findingKind, rootCount } from './titles.js';
import { waitBefore, waitEnded } from './wait-words.js';

/*
 * The wait-for graph in words: who waits for what, and who alone could end that.
 */

/** One step along the graph: a node, and what leads on from it. */
interface Step {
  readonly node: string;
  /** Empty at the end. */
  readonly verb: string;
}

export type Chain = readonly Step[];

const answerVerbs = ['waits for the answer to', 'wait for the answer to'] as const;

/** Why the goroutines that wait for an object were parked; the first one's reason stands for all. */
export function reasonAt(resource: string, { rootCause }: Finding): string {
  return rootCause.goroutines.find(({ waitsFor }) => waitsFor.includes(resource))?.waitReason ?? '';
}

/** The graph as chains, each from a goroutine on until it comes back to where it was, or to nobody. */
export function chainsOf(finding: Finding, groups: readonly Group[]): readonly Chain[] {
  const { goroutines, resources, edges } = finding.rootCause;
  const waiting = edges.filter(({ relation }) => relation === 'waits-for');
  const left = new Set(waiting.map(({ from }) => from));
  const served = new Set(edges.filter(({ relation }) => relation !== 'waits-for').map(({ to }) => to));
  const labelOf = nodeLabels(finding, groups);
  const chains: Chain[] = [];
  // Whoever is waited for tells more than those who only wait.
  for (const start of [...left].sort((a, b) => Number(served.has(b)) - Number(served.has(a)))) {
    if (!left.has(start)) continue;
    const steps: Step[] = [];
    let at: string | undefined = start;
    while (at !== undefined && left.delete(at)) {
      const node: string = at;
      const edge: Edge | undefined = waiting.find(({ from }) => from === node);
      if (edge === undefined) break;
      const { to: object } = edge;
      const reason = goroutines.find(({ waitsFor }) => waitsFor.includes(object))?.waitReason ?? '';
      const many = labelOf(node).endsWith('goroutines');
      const isAnswer = resources.some(({ id, kind }) => id === object && kind === 'connection');
      const verbs = isAnswer ? answerVerbs : waitBefore(reason);
      steps.push({ node: labelOf(node), verb: verbs[many ? 1 : 0] });
      const back: readonly Edge[] = edges.filter(({ from }) => from === object);
      const next: Edge | undefined = back.find(({ to }) => left.has(to)) ?? back[0];
      if (next === undefined) {
        steps.push({ node: labelOf(object), verb: nobodyVerb(reason) }, { node: 'nobody left', verb: '' });
        at = undefined;
        continue;
      }
      const verb = isAnswer ? 'answered only by' : backVerb(next, back, reason, finding);
      steps.push({ node: labelOf(object), verb });
      at = next.to;
      if (!left.has(at)) steps.push({ node: labelOf(at), verb: '' });
    }
    if (steps.length > 1) chains.push(steps);
  }
  return chains;
}

function nobodyVerb(reason: string): string {
  if (/Mutex/.test(reason)) return 'to be unlocked by';
  if (reason === 'sync.WaitGroup.Wait') return 'Done to be called by';
  return `to be ${waitEnded(reason)} by`;
}

function backVerb(next: Edge, all: readonly Edge[], reason: string, finding: Finding): string {
  if (isQueuedBehind(next, finding)) return 'queued behind';
  if (next.relation === 'held-by') return 'held by';
  if (finding.rule === 'self-wait') return `${waitEnded(reason)} only after`;
  const only = new Set(all.map(({ to }) => to)).size === 1 && findingKind(finding, null) !== 'undecided';
  return `${waitEnded(reason)}${only ? ' only' : ''} by`;
}

function nodeLabels(finding: Finding, groups: readonly Group[]): (id: string) => string {
  const { rootCause } = finding;
  const all = rootCount(finding);
  // Of many that do the same, the edges tell of the first.
  const onlyOne =
    all > 1 &&
    new Set(rootCause.edges.flatMap(({ from, to }) => [from, to]).filter((id) => /^[GS]/.test(id))).size ===
      1;
  return (id) => {
    const resource = rootCause.resources.find((one) => one.id === id);
    if (resource !== undefined) {
      const alike = alikeObjects(rootCause.resources).find(({ ids }) => ids.includes(id));
      const led = rootCause.edges.some(({ from }) => from === id);
      if (alike !== undefined && alike.ids.length > 1 && !led) return alikeName(alike);
      const same = rootCause.resources.filter((one) => one.name === resource.name);
      const several = new Set(same.map(placeOf)).size > 1;
      // Two locks of one field are told apart by their ids, which the proof uses too.
      return objectName(resource.name) + (several && rootCause.resources.length <= 4 ? ` (${id})` : '');
    }
    const group = groups.find((one) => one.id === id);
    if (group === undefined) return onlyOne ? counted(all, 'goroutine') : id;
    const listed = rootCause.goroutines.filter(({ id: one }) => group.exampleIds.includes(one)).length;
    const alone = rootCause.edges.every(({ from, to }) => !/^[GS]/.test(from) || from === id || to === id);
    return counted(alone ? Math.max(all, listed) : group.count, 'goroutine');
  };
}

/** `G22 --sends to--> Metrics.inChannel --drained only by--> G22`, broken between its steps, else before an arrow. */
export function chainLines(chain: Chain, columns: number, indent: string): string[] {
  const room = columns - indent.length - 2;
  const pieces = chain.flatMap(({ node, verb }) => {
    if (verb === '') return [node];
    const whole = `${node} --${verb}-->`;
    return whole.length <= room ? [whole] : [node, `--${verb}-->`];
  });
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    if (line.trim() !== '' && line.length + 1 + piece.length > room + 2) {
      lines.push(indent + line);
      line = '  ';
    }
    line += line.trim() === '' ? piece : ` ${piece}`;
  }
  return [...lines, indent + line];
}
