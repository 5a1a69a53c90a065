import type { Collector } from './collector.js';
import { nonGo, type Place, type StackTree } from './fold.js';
import { findCounts, type GoroutineState, unquoteGo } from './header.js';
import type { DumpStack } from './model.js';

/** Reads `debug=1` of net/http/pprof: how many goroutines have a stack, and its calls. */
export class CountsReader {
  readonly #collector: Collector;
  #tree: StackTree | undefined;
  #leaked = false;
  #group: { readonly count: number; labels: Record<string, string> | undefined } | undefined;
  #frames: string[] = [];
  #lack: DumpStack['lack'];
  #total = 0;
  #read = 0;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** Whether lines of such a dump may follow. */
  get isOpen(): boolean {
    return this.#tree !== undefined;
  }

  /** Whether the line is the first of such a dump. */
  begins(line: string, time: Date | undefined): boolean {
    const found = findCounts(line);
    if (found?.at !== 0) return false;
    this.end();
    this.#leaked = found.leaked;
    this.#total = found.total;
    this.#read = 0;
    this.#tree = this.#collector.counts(found, time);
    return true;
  }

  /** Whether the line belongs to such a dump. */
  line(line: string): boolean {
    const group = /^(\d+) @(?: 0x[0-9a-f]+)*$/.exec(line);
    if (group !== null) {
      this.#endGroup();
      this.#group = { count: Number(group[1]), labels: undefined };
      return true;
    }
    if (line === '') {
      this.#endGroup();
      return true;
    }
    if (this.#group === undefined) return false;
    if (line.startsWith('# labels: ')) {
      this.#group.labels = labelsOf(line);
      return true;
    }
    if (!line.startsWith('#')) return false;
    const frame = /^#\s+0x[0-9a-f]+(?:\s+(\S.*?)\+0x[0-9a-f]+\s+(\S.*:\d+))?$/.exec(line);
    if (frame === null) this.#lack = 'damaged';
    else this.#frames.push(frame[1] ?? nonGo, `\t${frame[2] ?? ''}`);
    return true;
  }

  #endGroup(): void {
    const group = this.#group;
    const tree = this.#tree;
    this.#group = undefined;
    if (group === undefined || tree === undefined) return;
    const state: GoroutineState = {
      status: this.#leaked ? 'waiting' : 'other',
      waitReason: '',
      leaked: this.#leaked,
      durable: false,
      locked: false,
      ...(group.labels !== undefined && { labels: group.labels }),
    };
    let place: Place | undefined = tree.root(state);
    for (const text of this.#frames) place = place && tree.step(place, text);
    this.#collector.endGroup(place, state, this.#lack, group.count);
    this.#frames = [];
    this.#lack = undefined;
    this.#read += group.count;
  }

  /** The dump is over. */
  end(): void {
    this.#endGroup();
    this.#tree = undefined;
  }

  /** The text is over, with a last line that may be a part of one. */
  cutOff(rest: string): void {
    const group = this.#group;
    if (group !== undefined && (rest !== '' || this.#read + group.count < this.#total)) {
      this.#lack = 'cut off';
      this.#collector.limit('the text ends in the middle of a stack: its outer frames are missing');
    }
    this.end();
  }
}

/** `# labels: {"key":"value", "other":"value"}` */
function labelsOf(line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, key = '', value = ''] of line.matchAll(/"((?:[^"\\]|\\.)*)":\s*"((?:[^"\\]|\\.)*)"/g)) {
    labels[unquoteGo(key)] = unquoteGo(value);
  }
  return labels;
}
