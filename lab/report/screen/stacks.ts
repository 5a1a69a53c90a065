import type { Diagnosis, Group, Location, RootGoroutine } from '../../analysis/model/diagnosis.js';
import { ownFrame, ownLocations } from '../../analysis/model/own-frame.js';
import { isSystem } from '../../analysis/model/snapshot.js';
import { counted, number } from '../../counted.js';
import { allPrintable, printable } from '../../printable.js';
import { countWith, labelLines, labelsOf, type WantedLabel } from '../labels-text.js';
import { clipEnd, wrap } from '../wrap.js';
import type { ScreenOptions } from './options.js';
import { effortLines } from './proof.js';

type Drawn = Pick<ScreenOptions, 'palette' | 'columns'>;

const mostRows = 40;
const mostGroups = 200;
const mostObjects = 100;
const mostFrames = 24;

/** Sets of labels that are told of one stack. */
const mostLabels = 5;

/** The stacks of goroutines that have a label, and nothing else. */
export function labelledText(given: Diagnosis, options: Drawn, label: WantedLabel): string {
  return `${labelledLines(allPrintable(given), options, label).join('\n')}\n`;
}

function labelledLines(diagnosis: Diagnosis, options: Drawn, label: WantedLabel): string[] {
  const lines = groupLines(diagnosis, options, label);
  return lines.length > 0 ? lines : noneLabelled(diagnosis, label);
}

function noneLabelled({ groups }: Diagnosis, { key, value }: WantedLabel): string[] {
  const sets = groups.flatMap(({ labels = [] }) => labels.map(({ set }) => set));
  const keys = [...new Set(sets.flatMap((set) => Object.keys(set)))].sort();
  const others =
    keys.length === 0 ? 'no goroutine has any label' : `there are labels ${keys.slice(0, 20).join(', ')}`;
  return [printable(`No goroutine has the label ${key}=${value}: ${others}.`)];
}

/** Stacks and tables: all that was read, as far as anybody reads it in a terminal; stacks with a label where one is given. */
export function stacksText(given: Diagnosis, options: Drawn, label?: WantedLabel): string {
  const diagnosis = allPrintable(given);
  const blocks = [
    ...diagnosis.findings.flatMap(({ id, rootCause }) =>
      rootCause.goroutines.length === 0
        ? []
        : [rootLines(`Goroutines of ${id}`, rootCause.goroutines, options)],
    ),
    locationLines(diagnosis, options),
    objectLines(diagnosis, options),
    label === undefined ? groupLines(diagnosis, options) : labelledLines(diagnosis, options, label),
    effortLines(diagnosis, options),
  ];
  return `${blocks
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The stacks of a root cause, with variables; equal ones once. */
function rootLines(title: string, goroutines: readonly RootGoroutine[], options: Drawn): string[] {
  const { palette: p, columns } = options;
  const alike = new Map<string, RootGoroutine[]>();
  for (const one of goroutines) {
    const key = one.waitReason + pathOf(one.stack);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  const out = [p.bold(title)];
  for (const [one, ...others] of alike.values()) {
    if (one === undefined) continue;
    const role = one.role === '' ? '' : `, ${one.role}`;
    const waits = one.waitsFor.length === 0 ? '' : `, waits for ${one.waitsFor.join(' or ')}`;
    const same =
      others.length === 0
        ? ''
        : `; and ${counted(others.length, 'more goroutine')} with the same stack: ${others
            .slice(0, 8)
            .map(({ id }) => `G${id}`)
            .join(', ')}${others.length > 8 ? ' ...' : ''}`;
    out.push(
      ...wrap(`${p.bold(`G${one.id}`)}  "${one.waitReason}"${waits}${role}${same}`, {
        ...{ width: columns, indent: '      ', first: '  ' },
      }),
      ...(one.labels === undefined ? [] : [clipEnd(`        labels  ${labelsOf(one.labels)}`, columns)]),
      ...frameLines(one.stack, options),
    );
    if (one.goStatementLocation.function !== '') {
      out.push(
        `        created by ${one.goStatementLocation.function}`,
        placeLine(one.goStatementLocation, options),
      );
    }
  }
  return out;
}

interface ShownFrame extends Location {
  readonly index?: number;
  readonly inlined: boolean;
  readonly variables?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

/** From the program's own frame outwards: those inside of it are the runtime's and the library's way to wait. */
function frameLines(stack: readonly ShownFrame[], options: Drawn): string[] {
  const { palette: p, columns } = options;
  const own = ownFrame(stack);
  const first = own === undefined ? 0 : stack.indexOf(own);
  const inner = stack.slice(0, first);
  const frames = stack
    .map((frame, i) => ({ index: i, ...frame }))
    .slice(first)
    .filter(({ function: name }) => name !== 'runtime.goexit');
  const innermost = inner[0]?.function ?? '';
  const skipped =
    inner.length === 0
      ? []
      : [
          p.dim(
            clipEnd(
              `        ${counted(inner.length, 'frame')} of the runtime and the library, down to ${innermost}`,
              columns,
            ),
          ),
        ];
  const rest = frames.length - mostFrames;
  return [
    ...skipped,
    ...frames
      .slice(0, mostFrames)
      .flatMap((frame) => [
        clipEnd(
          `    ${String(frame.index).padStart(2)}  ${frame.function}${frame.inlined ? p.dim(' (inlined)') : ''}`,
          columns,
        ),
        placeLine(frame, options),
        ...(frame.variables ?? []).map(({ name, value }) => clipEnd(`          ${name} = ${value}`, columns)),
      ]),
    ...(rest > 0 ? [`        ... ${counted(rest, 'more frame')}`] : []),
  ];
}

/** The end of a long path says more than its beginning. */
function placeLine({ file, line }: Location, { palette: p, columns }: Drawn): string {
  const full = `${file}:${line}`;
  const room = columns - 8;
  return p.dim(`        ${full.length <= room ? full : `...${full.slice(3 - room)}`}`);
}

const pathOf = (stack: readonly Location[]): string =>
  stack.map(({ function: name, line }) => `${name}:${line}`).join('\n');

function locationLines({ groups, process }: Diagnosis, { palette: p, columns }: Drawn): string[] {
  const rows = ownLocations(groups);
  if (rows.length === 0) return [];
  const digits = Math.max(...rows.map(({ count }) => number(count).length), 5);
  const shown = rows
    .slice(0, mostRows)
    .map(({ function: name, line, count }) =>
      clipEnd(`  ${number(count).padStart(digits)}  ${name}:${line}`, columns),
    );
  const rest = rows.slice(mostRows).reduce((sum, { count }) => sum + count, 0);
  return [
    p.bold(`Where the ${counted(process.goroutines.total, 'goroutine')} are`),
    ...shown,
    ...(rest > 0 ? [`  ${number(rest).padStart(digits)}  elsewhere`] : []),
  ];
}

function objectLines({ objects = [], findings }: Diagnosis, { palette: p, columns }: Drawn): string[] {
  if (objects.length === 0) return [];
  const named = namedLocks(findings);
  const out = [p.bold('What goroutines wait for')];
  for (const { id, kind, name, elemType, address, state, groups } of objects.slice(0, mostObjects)) {
    const type = elemType === undefined ? '' : ` of ${elemType}`;
    const what =
      kind === 'channel'
        ? `${name.startsWith('channel ') ? kind : name}${type} at ${address}: `
        : (named.get(address) ?? '');
    const by = groups.length > 5 ? `${groups.slice(0, 5).join(', ')} ...` : groups.join(', ');
    out.push(...wrap(`${id} ${what}${state} (${by})`, { width: columns, first: '  ', indent: '      ' }));
  }
  if (objects.length > mostObjects) out.push(`      ... ${objects.length - mostObjects} more`);
  return out;
}

/** What the sources call a lock is known to the findings alone. */
function namedLocks(findings: Diagnosis['findings']): ReadonlyMap<string, string> {
  const all = findings.flatMap(({ rootCause }) => rootCause.resources);
  return new Map(
    all.flatMap(({ kind, address, name }) =>
      name.includes(' 0x') ? [] : [[address, kind === 'channel' ? '' : `${name}: `]],
    ),
  );
}

/** Every group of the program's goroutines, or those with a label; groups whose stacks look alike are told once. */
function groupLines({ groups }: Diagnosis, options: Drawn, label?: WantedLabel): string[] {
  const { palette: p, columns } = options;
  const countIn = (group: Group) => (label === undefined ? group.count : countWith(group, label));
  const own = groups.filter(
    (group) => !isSystem(group.startLocation.function, group.stack) && countIn(group) > 0,
  );
  const alike = new Map<string, Group[]>();
  for (const one of own) {
    const key = one.waitReason + pathOf(one.stack);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  const stacks = [...alike.values()];
  if (stacks.length === 0) return [];
  const out = [
    p.bold(
      `Stacks of ${label === undefined ? 'the program' : `goroutines with ${labelsOf({ [label.key]: label.value })}`}`,
    ),
  ];
  for (const same of stacks.slice(0, mostGroups)) {
    const [one] = same;
    if (one === undefined) continue;
    const count = same.reduce((sum, group) => sum + countIn(group), 0);
    const shown = same
      .flatMap(({ exampleIds }) => exampleIds)
      .slice(0, 4)
      .join(', ');
    const reason = one.waitReason === '' ? '' : ` "${one.waitReason}"`;
    const outlook = one.outlook === undefined ? '' : `, ${one.outlook}`;
    const head = `${same.map(({ id }) => id).join(', ')}  ${number(count)} x${reason}${outlook}  goroutine ${shown}${count > 4 ? ' ...' : ''}`;
    out.push(
      ...wrap(head, { width: columns, first: '  ', indent: '      ' }),
      ...same
        .flatMap((group) => labelLines(group, mostLabels))
        .map((line) => clipEnd(`        labels  ${line}`, columns)),
      ...frameLines(one.stack, options),
    );
  }
  if (stacks.length > mostGroups) out.push(`  ... ${counted(stacks.length - mostGroups, 'more stack')}`);
  return out;
}
