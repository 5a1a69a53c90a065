import type { Diagnosis, Evidence, Finding } from '../../analysis/model/diagnosis.js';
import { counted } from '../../counted.js';
import { allPrintable } from '../../printable.js';
import { delveProgram } from '../delve-program.js';
import { delveSentence } from '../delve-words.js';
import { type AlikeObjects, alikeObjects, countedKind } from '../finding/alike-objects.js';
import { prompted } from '../shell.js';
import { wrap } from '../wrap.js';
import { limitList } from './limits.js';
import type { ScreenOptions } from './options.js';

type Drawn = Pick<ScreenOptions, 'palette' | 'columns'>;

/** Each finding with what it claims, and beside each claim the Delve commands that show it; then all limits. */
export function proofText(given: Diagnosis, options: Drawn): string {
  const diagnosis = allPrintable(given);
  const { findings } = diagnosis;
  const blocks = [
    ...findings.flatMap((finding, i) =>
      findingBlocks(finding, i === 0 ? delveLines(diagnosis, options) : [], options),
    ),
    limitList(diagnosis, options),
  ];
  const shown = blocks.filter(({ length }) => length > 0).map((lines) => lines.join('\n'));
  return shown.length === 0 ? '' : `${shown.join('\n\n')}\n`;
}

function findingBlocks(finding: Finding, opening: readonly string[], options: Drawn): string[][] {
  const { palette: p, columns } = options;
  const { id, class: kind, subtype, certainty, rule, explanation, rootCause, evidence } = finding;
  return [
    [
      `${p.bold(`${id}  ${kind}/${subtype}, ${certainty}`)}${p.dim(`  [${rule}]`)}`,
      ...wrap(explanation, { width: columns, indent: '    ' }),
    ],
    rootCause.resources.length === 0
      ? []
      : [
          p.bold('    Objects'),
          ...alikeObjects(rootCause.resources).flatMap((some) => objectLines(some, options)),
        ],
    [
      p.bold('    Claims') + p.dim(`  (type the commands in ${placeToType(evidence)})`),
      ...opening,
      ...folded(evidence).flatMap((one) => claimLines(one, options)),
    ],
  ];
}

/** Of a dump, a shell shows what Delve shows of a core. */
const placeToType = (evidence: readonly Evidence[]): string =>
  evidence.some(({ check }) => /^(?:grep|sed) /.test(check)) ? 'a shell' : '`dlv core EXE CORE`';

function objectLines({ one, ids }: AlikeObjects, { palette: p, columns }: Drawn): string[] {
  const { name, kind, elemType, address, cap, len, closed, waiters } = one;
  const several = ids.length > 1;
  const fill =
    cap === undefined || (several && cap === 0) ? '' : cap === 0 ? ', unbuffered' : `, ${len} of ${cap} full`;
  const type = elemType === undefined ? '' : ` of ${elemType}`;
  const queue =
    waiters === undefined
      ? ''
      : `; ${several ? 'each with ' : ''}${waiters.send} waiting to send, ${waiters.recv} to receive`;
  const what = several ? countedKind(one, ids.length) : kind;
  const isTold = address.startsWith('0x');
  const at = !isTold ? '' : several ? ` (e.g. ${address})` : ` at ${address}`;
  const shown = several ? `${ids[0]} to ${ids.at(-1)}` : ids[0];
  return wrap(
    `${shown}  ${p.cyan(several ? name.replace(/^\w+ 0x[0-9a-f]+$/, '') : name)}  ${what}${type}${at}${fill}${closed === true ? ', closed' : ''}${queue}`,
    { width: columns, indent: '          ', first: '      ' },
  );
}

/** Which Delve takes the commands: the one on PATH may not fit the program. */
function delveLines({ delve }: Diagnosis, { palette: p, columns }: Drawn): string[] {
  if (delve === undefined) return [];
  const start = delve.path === undefined || delve.onPath ? [] : [`${delveProgram(delve)} core EXE CORE`];
  const sentence = delveSentence(delve, (text) => (start.length === 0 ? `\`${text}\`` : '')).trimEnd();
  return [
    ...wrap(sentence, { width: columns, indent: '      ', whole: true }).map(p.dim),
    ...start.map((line) => `          ${p.cyan(`$ ${line}`)}`),
  ];
}

/** Claims that say the same of the same are one, with the ids of all. */
function folded(evidence: readonly Evidence[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const one of evidence) {
    const key = `${one.text}\n${one.check}`;
    const known = found.get(key);
    found.set(key, known === undefined ? one : { ...known, id: `${known.id}, ${one.id}` });
  }
  return [...found.values()];
}

function claimLines({ id, kind, text, check }: Evidence, { palette: p, columns }: Drawn): string[] {
  return [
    ...wrap(`${id}  ${text} ${p.dim(`[${kind}]`)}`, {
      width: columns,
      indent: '          ',
      first: '      ',
    }),
    ...check.split('; ').map((command) => `          ${p.cyan(prompted(command))}`),
  ];
}

/** Goroutines, time and memory: how much was looked at. */
export function effortLines({ process: seen, stats }: Diagnosis, { palette: p, columns }: Drawn): string[] {
  const { total, user, system, blocked } = seen.goroutines;
  const megabytes = Math.round(stats.peakRssBytes / (1024 * 1024));
  const checked =
    stats.crossChecked === 0
      ? ''
      : `; ${counted(stats.crossChecked, 'goroutine')} compared with Delve's list, ${stats.crossCheckMismatches} differ`;
  const text =
    `${counted(total, 'goroutine')}: ${user} of the program, ${system} of the runtime; ${blocked} blocked. ` +
    `Analysed in ${(stats.wallMs / 1000).toFixed(2)} s with ${megabytes} MB at most${checked}.`;
  return wrap(text, { width: columns }).map(p.dim);
}
