import { escapedText, type TextInLine } from './escaped.js';
import { findBeginning } from './header.js';
import { type JsonLines, jsonLines } from './json-lines.js';
import { type Prefix, prefixOf } from './prefix.js';
import type { TextReader } from './text.js';

/** A log in a log in a log. */
const maxDepth = 3;
/** Lines before a goroutine that tell why the process ended, until the form of the log is known. */
const remembered = 200;

/**
 * Takes lines of logs for lines of dumps: what a log puts before each line, lines as strings of JSON, line ends that are
 * written as `\n`. The form is found where a goroutine begins, and kept as long as lines are of it.
 */
export class Unwrapper {
  readonly #text: TextReader;
  readonly #depth: number;
  #prefix: Prefix | undefined;
  #json: JsonLines | undefined;
  #inner: Unwrapper | undefined;
  /** The line before was of the form that is known. */
  #isWrapped = false;
  /** What came before, of no known form. */
  #before: string[] = [];

  constructor(text: TextReader, depth = 0) {
    this.#text = text;
    this.#depth = depth;
  }

  /** A whole line. Whether a dump is in it. */
  line(line: string, time?: Date): boolean {
    // An empty line between lines of a log is none of the dump's.
    if (line === '' && this.#isWrapped) return false;
    this.#isWrapped = this.#unwrap(line, time);
    return this.#isWrapped || this.#text.line(line, time) || this.#unknown(line, time);
  }

  #unwrap(line: string, time: Date | undefined): boolean {
    if (this.#prefix !== undefined && this.#behindPrefix(this.#prefix, line, time)) return true;
    return this.#json !== undefined && this.#inJson(this.#json, line, time);
  }

  /** What stands behind the last line's end: a line of which a part may be missing. */
  rest(line: string): string {
    if (line === '') return '';
    const content = this.#prefix?.strip(line);
    if (content !== undefined) return this.#within().rest(content.text ?? '');
    const found = this.#json?.content(line) ?? wrapped(line);
    if (found === undefined) return line;
    if (found.text === undefined) return '';
    if (found.isWhole) this.#lines(found.text, found.time);
    if (found.isWhole) return '';
    const lines = found.text.split('\n');
    const last = lines.pop() ?? '';
    for (const one of lines) this.#within().line(one, found.time);
    return this.#within().rest(last);
  }

  #behindPrefix(prefix: Prefix, line: string, time: Date | undefined): boolean {
    const content = prefix.strip(line);
    if (content === undefined) return false;
    return content.text === undefined || this.#within().line(content.text, prefix.time(line) ?? time);
  }

  #inJson(json: JsonLines, line: string, time: Date | undefined): boolean {
    const found = json.content(line);
    if (found === undefined) return false;
    if (found.text !== undefined) this.#lines(found.text, found.time ?? time);
    return true;
  }

  /** A text of one or several lines, in a line. */
  #lines(text: string, time: Date | undefined): void {
    const within = this.#within();
    const lines = text.split('\n');
    if (lines.length > 1 && lines.at(-1) === '') lines.pop();
    for (const line of lines) within.line(line.endsWith('\r') ? line.slice(0, -1) : line, time);
    if (lines.length > 1) this.#text.endOfBlock();
  }

  #within(): Unwrapper {
    this.#inner ??= new Unwrapper(this.#text, this.#depth + 1);
    return this.#inner;
  }

  #unknown(line: string, time: Date | undefined): boolean {
    if (this.#depth < maxDepth && line.includes('goroutine ') && this.#begins(line, time)) return true;
    this.#before.push(line.length > 4096 ? line.slice(0, 4096) : line);
    if (this.#before.length > remembered) this.#before.shift();
    return false;
  }

  /** Finds the form of a line that has a goroutine's first line in it. */
  #begins(line: string, time: Date | undefined): boolean {
    const json = jsonLines(line);
    if (json !== undefined) {
      this.#json = json;
      this.#isWrapped = true;
      this.#again((before) => json.content(before)?.text);
      return this.#inJson(json, line, time);
    }
    const escaped = escapedText(line);
    if (escaped !== undefined) {
      this.#lines(escaped.text ?? '', escaped.time ?? time);
      return true;
    }
    const prefix = prefixOf(line);
    if (prefix === undefined) return false;
    this.#prefix = prefix;
    this.#inner = undefined;
    this.#isWrapped = true;
    this.#again((before) => prefix.strip(before)?.text);
    return this.#behindPrefix(prefix, line, time);
  }

  #again(content: (line: string) => string | undefined): void {
    const before = this.#before;
    this.#before = [];
    for (const line of before) {
      const text = content(line);
      if (text !== undefined && !text.includes('goroutine ')) this.#within().line(text.replace(/\n$/, ''));
    }
  }
}

/** A text in a line of a form that is not known yet. */
function wrapped(line: string): TextInLine | undefined {
  if (!line.includes('goroutine ') || findBeginning(line) === 0) return undefined;
  return jsonLines(line)?.content(line) ?? escapedText(line);
}
