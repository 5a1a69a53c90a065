import { escapedText, type TextInLine, unescaped } from './escaped.js';
import { findBeginning } from './header.js';
import { timeOf } from './log-time.js';

/** Lines of a log that are objects of JSON, of which one field has the text. */
export interface JsonLines {
  /** Undefined where the line is no such object; without `text` where the object has none. */
  content(line: string): TextInLine | undefined;
}

const timeFields = ['time', 'Time', 'ts', 'timestamp', '@timestamp', 'eventTime', '__REALTIME_TIMESTAMP'];
const maxDepth = 4;

/** The form of a line that has a goroutine's first line in a field. */
export function jsonLines(line: string): JsonLines | undefined {
  const record = parsed(line);
  const path = record && pathOfDump(record, []);
  if (path === undefined) return undefined;
  // Docker ends a line with a line's end, and cuts what is longer than 16 KB without one.
  const isDocker = path.join() === 'log' && endsLine(at(record, path));
  let begun = '';
  return {
    content(next) {
      if (!next.startsWith('{')) return undefined;
      const own = parsed(next);
      if (own === undefined) return cutOff(next, path);
      const text = textOf(at(own, path));
      const time = timeFields.map((field) => timeOf(at(own, [field]))).find((one) => one !== undefined);
      if (text === undefined) return { text, time, isWhole: true };
      if (isDocker && !text.endsWith('\n')) {
        begun += text;
        return { text: undefined, time, isWhole: true };
      }
      const whole = begun + text;
      begun = '';
      return { text: whole.endsWith('\n') ? whole.slice(0, -1) : whole, time, isWhole: true };
    },
  };
}

/** Texts as Latin-1 that stands for bytes of UTF-8, as all lines are here. */
function parsed(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(line, 'latin1').toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (one, key) =>
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/** A field's text; systemd's journal has bytes as numbers where there are others than letters. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return Buffer.from(value).toString('latin1');
  const isBytes = Array.isArray(value) && value.every((one) => typeof one === 'number');
  return isBytes ? Buffer.from(value).toString('latin1') : undefined;
}

const endsLine = (value: unknown) => typeof value === 'string' && value.endsWith('\n');

function pathOfDump(value: unknown, path: readonly string[]): readonly string[] | undefined {
  const text = textOf(value);
  if (text !== undefined) return hasDump(text) ? path : undefined;
  if (typeof value !== 'object' || value === null || path.length >= maxDepth) return undefined;
  for (const [key, one] of Object.entries(value)) {
    const found = pathOfDump(one, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasDump(text: string): boolean {
  for (let from = text.indexOf('goroutine '); from >= 0; from = text.indexOf('goroutine ', from + 1)) {
    const end = text.indexOf('\n', from);
    const line = end < 0 ? text.slice(from) : text.slice(from, end);
    if (findBeginning(line.trimEnd()) !== undefined || escapedText(line) !== undefined) return true;
  }
  return false;
}

/** What is there of the field's text in an object that has no end. */
function cutOff(line: string, path: readonly string[]): TextInLine {
  const key = JSON.stringify(path.at(-1));
  const found = line.lastIndexOf(`${key}:`);
  const quote = found < 0 ? -1 : line.indexOf('"', found + key.length + 1);
  if (quote < 0) return { text: undefined, time: undefined, isWhole: false };
  const { text, isWhole } = unescaped(line.slice(quote + 1), '"');
  return { text: isWhole && text.endsWith('\n') ? text.slice(0, -1) : text, time: undefined, isWhole };
}
