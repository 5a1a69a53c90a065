import type { Colors } from 'picocolors/types.js';
import type { Diagnosis, Evidence, Finding, Location, RootGoroutine } from '../analysis/diagnosis.js';
import { delveSentence } from './delve-words.js';
import { delveProgram } from './page/words.js';
import { waitsText } from './waits-text.js';

/** What of picocolors is used: the caller passes a palette without colours for logs. */
export type Palette = Pick<Colors, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

const width = 80;
const maxTableRows = 20;
const maxFrames = 24;

/** A diagnosis as plain text of at most 80 columns: the verdict first, then the proof, then what is not known. */
export function diagnosisText(diagnosis: Diagnosis, palette: Palette): string {
  const blocks = [
    verdictText(diagnosis, palette),
    ...diagnosis.findings.map((finding, i) =>
      findingText(finding, palette, i === 0 ? delveText(diagnosis, palette) : []),
    ),
    tableText(diagnosis, palette),
    ...waitsText(diagnosis, palette),
    limitsText(diagnosis, palette),
    processText(diagnosis, palette),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function verdictText({ verdict, scope, summary }: Diagnosis, p: Palette): string[] {
  const head = {
    deadlock: p.bold(p.red(`DEADLOCK${scope === null ? '' : ` (${scope})`}`)),
    none: p.bold(p.green('NO DEADLOCK FOUND')),
    unknown: p.bold(p.yellow('UNDECIDED')),
  }[verdict];
  return [head, ...wrap(summary, '  ')];
}

function findingText(finding: Finding, p: Palette, opening: readonly string[]): string[] {
  const { rootCause, victims, evidence } = finding;
  const kind = `${finding.class}/${finding.subtype}`;
  const out = [
    p.bold(`${finding.id}  ${kind}, ${finding.certainty}`) + p.dim(`  [${finding.rule}]`),
    ...wrap(finding.explanation, '    '),
  ];
  if (rootCause.resources.length > 0) out.push('', p.bold('    Objects'));
  for (const r of rootCause.resources) {
    const fill = r.cap === undefined ? '' : r.cap === 0 ? ', unbuffered' : `, ${r.len} of ${r.cap} full`;
    const type = r.elemType === undefined ? '' : ` of ${r.elemType}`;
    const closed = r.closed === true ? ', closed' : '';
    out.push(
      ...wrap(
        `${r.id}  ${p.cyan(r.name)}  ${r.kind}${type} at ${r.address}${fill}${closed}`,
        '      ',
        '          ',
      ),
    );
    if (r.waiters !== undefined) {
      out.push(
        `          ${r.waiters.send} ${r.waiters.send === 1 ? 'waits' : 'wait'} to send, ${r.waiters.recv} to receive`,
      );
    }
  }
  out.push('', p.bold('    Goroutines'));
  for (const goroutine of rootCause.goroutines) out.push(...goroutineText(goroutine, p));
  if (victims.goroutines > 0) {
    out.push(
      '',
      ...wrap(
        `Victims: ${victims.goroutines} ${victims.goroutines === 1 ? 'goroutine' : 'goroutines'} in ${victims.groups.join(', ')}.`,
        '    ',
      ),
    );
  }
  out.push('', p.bold('    Proof') + p.dim('  (type the commands in `dlv core EXE CORE`)'), ...opening);
  for (const item of evidence) out.push(...evidenceText(item, p));
  out.push('', p.bold('    To mend it'), ...wrap(finding.suggestion, '      '));
  return out;
}

/** Which Delve takes the commands: the one on PATH may not fit the program. */
function delveText({ delve }: Diagnosis, p: Palette): string[] {
  if (delve === undefined) return [];
  const start = delve.path === undefined || delve.onPath ? [] : [`${delveProgram(delve)} core EXE CORE`];
  const sentence = delveSentence(delve, (text) => (start.length === 0 ? `\`${text}\`` : '')).trimEnd();
  return [...wrap(sentence, '      ').map(p.dim), ...start.map((line) => `          ${p.cyan(`$ ${line}`)}`)];
}

function goroutineText(goroutine: RootGoroutine, p: Palette): string[] {
  const role = goroutine.role === '' ? '' : `, ${goroutine.role}`;
  const waits = goroutine.waitsFor.length === 0 ? '' : `, waits for ${goroutine.waitsFor.join(' or ')}`;
  const out = [
    ...wrap(
      `${p.bold(`G${goroutine.id}`)}  "${goroutine.waitReason}"${waits}${role}`,
      '      ',
      '          ',
    ),
  ];
  const frames = goroutine.stack.slice(0, maxFrames);
  for (const frame of frames) {
    const mark = frame.inlined ? p.dim(' (inlined)') : '';
    out.push(
      ...wrap(`${String(frame.index).padStart(2)}  ${frame.function}${mark}`, '        ', '            '),
    );
    out.push(p.dim(`            ${shortPlace(frame, width - 12)}`));
    for (const { name, value } of frame.variables ?? []) {
      out.push(...clip(`              ${name} = ${value}`));
    }
  }
  const rest = goroutine.stack.length - frames.length;
  if (rest > 0) out.push(`            ... ${rest} more frames`);
  if (goroutine.goStatementLocation.function !== '') {
    const { function: name } = goroutine.goStatementLocation;
    out.push(...wrap(`created by ${name}`, '            '));
    out.push(p.dim(`            ${shortPlace(goroutine.goStatementLocation, width - 12)}`));
  }
  return out;
}

function evidenceText({ id, kind, text, check }: Evidence, p: Palette): string[] {
  const out = wrap(`${id}  ${text} ${p.dim(`[${kind}]`)}`, '      ', '          ');
  for (const command of check.split('; ')) out.push(`          ${p.cyan(`(dlv) ${command}`)}`);
  return out;
}

function tableText({ userLocations, process }: Diagnosis, p: Palette): string[] {
  if (userLocations.length === 0) return [];
  const rows = userLocations.slice(0, maxTableRows);
  const digits = Math.max(...rows.map(({ count }) => String(count).length), 5);
  const out = [p.bold(`User locations of ${process.goroutines.total} goroutines`)];
  for (const { function: name, line, count } of rows) {
    out.push(...clip(`  ${String(count).padStart(digits)}  ${name}:${line}`));
  }
  const rest = userLocations.slice(maxTableRows).reduce((sum, row) => sum + row.count, 0);
  if (rest > 0) out.push(`  ${String(rest).padStart(digits)}  elsewhere`);
  return out;
}

function limitsText({ limits }: Diagnosis, p: Palette): string[] {
  if (limits.length === 0) return [];
  return [p.bold('Limits'), ...limits.flatMap((line) => wrap(`- ${line}`, '  ', '    '))];
}

function processText({ process: seen, stats }: Diagnosis, p: Palette): string[] {
  const { total, user, system, blocked } = seen.goroutines;
  const megabytes = Math.round(stats.peakRssBytes / (1024 * 1024));
  const checked =
    stats.crossChecked === 0
      ? ''
      : `, ${stats.crossChecked} goroutines compared with Delve's list, ${stats.crossCheckMismatches} differ`;
  return [
    p.dim(
      `${seen.goVersion} ${seen.os}/${seen.arch}, build ID ${seen.buildId === '' ? 'unknown' : seen.buildId.slice(0, 20)}`,
    ),
    p.dim(`${total} goroutines: ${user} of the program, ${system} of the runtime; ${blocked} blocked`),
    ...wrap(`${(stats.wallMs / 1000).toFixed(2)} s, ${megabytes} MB at most${checked}`, '').map((line) =>
      p.dim(line),
    ),
  ];
}

/** `.../net/http/server.go:2122`: the end of a long path says more than its beginning. */
function shortPlace({ file, line }: Location, room: number): string {
  const full = `${file}:${line}`;
  return full.length <= room ? full : `...${full.slice(-(room - 3))}`;
}

function clip(line: string): string[] {
  return [line.length > width ? `${line.slice(0, width - 3)}...` : line];
}

/** Bytes that a terminal does not show do not count. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins every colour
const visible = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, '').length;

/** Breaks between words; a word that is longer than a line keeps it, so that paths can be copied. */
function wrap(text: string, first: string, next = first): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && visible(line) + 1 + visible(word) > width) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
