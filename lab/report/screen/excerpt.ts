import { pathToFileURL } from 'node:url';
import ansiEscapes from 'ansi-escapes';
import type { Location } from '../../analysis/model/diagnosis.js';
import { shortName } from '../../analysis/model/own-frame.js';
import { printable } from '../../printable.js';
import type { Mark } from '../finding/marks.js';
import { sourceFile, sourceLines } from '../source-lines.js';
import { clipEnd, columnsIn, wrap } from '../wrap.js';
import type { ScreenOptions } from './options.js';

/** The marked lines of source, each under its function; without the source what is said of it alone. */
export function excerptLines(marks: readonly Mark[], options: ScreenOptions): string[] {
  const { palette: p, sources, columns } = options;
  const known = sourceLines(
    marks.map(({ place }) => place),
    sources,
  );
  const digits = Math.max(...marks.map(({ place }) => String(place.line).length), 3);
  let above: Location | undefined;
  return marks.flatMap((mark) => {
    const { place, text, blocked } = mark;
    const head = headLines(place, options);
    const same = above?.file === place.file && above.function === place.function;
    above = place;
    const excerpt = known[`${place.file}:${place.line}`];
    const line = excerpt?.lines[place.line - excerpt.from];
    if (line === undefined || line.trim() === '') {
      return [...head, ...wrap(text, { width: columns, indent: '     ' })];
    }
    const gutter = ' '.repeat(digits + 3);
    const code = clipEnd(printable(line).replaceAll('\t', '    ').trim(), columns - gutter.length - 4);
    const length = columnsIn(code.replace(/\s*\/\/.*$/, ''));
    const under = (blocked ? '^' : '-').repeat(Math.max(1, length));
    const mine = blocked ? p.red : p.cyan;
    return [
      ...(same ? [] : head),
      `  ${String(place.line).padStart(digits + 1)} |  ${code}`,
      ...underlined(under, text, mine, `${gutter} |  `, columns),
    ];
  });
}

/** What is said stands behind the mark where there is room, else below it. */
function underlined(
  under: string,
  text: string,
  paint: (text: string) => string,
  gutter: string,
  columns: number,
): string[] {
  const line = `${gutter}${paint(`${under} ${text}`)}`;
  if (columnsIn(line) <= columns) return [line];
  const below = wrap(text, { width: columns, indent: gutter });
  return [`${gutter}${paint(under)}`, ...below.map((one) => gutter + paint(one.slice(gutter.length)))];
}

/** A function with its place behind it, or below it where there is no room. */
function headLines(place: Location, options: ScreenOptions): string[] {
  const { palette: p, columns } = options;
  const name = shortName(place.function);
  const at = placeText(place, options);
  if (name === '') return [`  ${at}`];
  const line = `  ${p.bold(name)}  ${at}`;
  return columnsIn(line) <= columns ? [line] : [clipEnd(`  ${p.bold(name)}`, columns), `    ${at}`];
}

/** `metrics.go:60`, as a link to the file where a terminal takes it. */
export function placeText(
  { file, line }: Pick<Location, 'file' | 'line'>,
  { links, sources }: Pick<ScreenOptions, 'links' | 'sources'>,
): string {
  const text = `${file.slice(file.lastIndexOf('/') + 1)}:${line}`;
  const local = links ? sourceFile(file, sources) : undefined;
  return local === undefined ? text : ansiEscapes.link(text, pathToFileURL(local).href);
}
