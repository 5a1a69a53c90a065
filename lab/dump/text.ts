import { Collector } from './collector.js';
import { CountsReader } from './counts.js';
import { utf8 } from './fold.js';
import { findHeader } from './header.js';
import type { Dump } from './model.js';
import { TracebackReader } from './traceback.js';

/** Finds dumps in lines of text that are of the dump alone, or are none of it. */
export class TextReader {
  readonly #collector = new Collector();
  readonly #tracebacks = new TracebackReader(this.#collector);
  readonly #counts = new CountsReader(this.#collector);

  /** Of all dumps, so far. */
  get goroutines(): number {
    return this.#collector.goroutines;
  }

  limit(text: string): void {
    this.#collector.limit(text);
  }

  /** A whole line, and when it was written. Whether it belongs to a dump. */
  line(line: string, time: Date | undefined): boolean {
    if (line.charCodeAt(0) === letterG) {
      const found = findHeader(line);
      if (found?.at === 0) {
        this.#counts.end();
        this.#tracebacks.begin(found.header, time);
        return true;
      }
      if (this.#counts.begins(line, time)) {
        this.#tracebacks.end();
        return true;
      }
    }
    if (this.#counts.isOpen) return this.#counts.line(line);
    if (this.#tracebacks.line(line)) return true;
    return this.#around(line);
  }

  /** Lines that tell why a process ends. */
  #around(line: string): boolean {
    const cause = /^(\t*panic: |fatal error: )(.*)$/.exec(line);
    if (cause !== null) {
      const [, kind = '', what = ''] = cause;
      this.#tracebacks.end();
      this.#collector.cause({
        fatal: utf8(what.replace(/ \[recovered(, repanicked)?\]$/, '')),
        runs: kind.endsWith('panic: '),
      });
      return true;
    }
    if (/^SIG[A-Z0-9]+: [a-z ]+$/.test(line)) {
      this.#tracebacks.end();
      this.#collector.cause({ fatal: line, runs: false });
      return true;
    }
    if (line === '-----') {
      this.#tracebacks.end();
      this.#collector.nextThread();
      return true;
    }
    return false;
  }

  /** What was written as one text is over: lines that follow belong to another. */
  endOfBlock(): void {
    this.#counts.cutOff('');
    this.#tracebacks.cutOff('');
  }

  /** The text is over; `rest` stands behind the last line's end. */
  end(rest: string): readonly Dump[] {
    if (rest !== '') this.#rest(rest);
    this.#counts.cutOff(rest);
    this.#tracebacks.cutOff(rest);
    return this.#collector.dumps();
  }

  #rest(rest: string): void {
    // A whole first line is no less whole without its end; of others a part may be missing.
    const found = findHeader(rest);
    if (found?.at === 0) this.line(rest, undefined);
  }
}

const letterG = 103;
