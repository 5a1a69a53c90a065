import type { Around, Collector } from './collector.js';
import { isUnavailable } from './collector.js';
import { createdBy, elided, inlinedMark, nonGo, type Place, type StackTree, wordsEnd } from './fold.js';
import type { Header } from './header.js';
import type { DumpStack } from './model.js';

/** Lines between those of a goroutine that are none of its own, until it is taken for ended. */
const patience = 50;

interface Pending {
  readonly text: string;
  /** Without the parentheses. */
  readonly words: string;
}

/** Reads the lines of tracebacks as the runtime prints them, one goroutine after the other. */
export class TracebackReader {
  readonly #collector: Collector;
  #waiting:
    | { readonly header: Header; readonly afterBlank: boolean; readonly time: Date | undefined }
    | undefined;
  #header: Header | undefined;
  #tree: StackTree | undefined;
  #root: Place | undefined;
  #place: Place | undefined;
  #pending: Pending | undefined;
  /** By frame; used anew for each goroutine. */
  readonly #words: string[] = [];
  #createdIn: number | undefined;
  #hasCreator = false;
  #lack: DumpStack['lack'];
  /** The function of the outermost frame so far. */
  #outermost = '';
  /** Lines of goroutines from which this one originates follow: GODEBUG=tracebackancestors. */
  #ancestors = false;
  #foreign = 0;
  #blank = true;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** Whether a goroutine's lines are being read. */
  get isOpen(): boolean {
    return this.#header !== undefined || this.#waiting !== undefined;
  }

  /** The first line of a goroutine. */
  begin(header: Header, time: Date | undefined): void {
    this.end();
    this.#waiting = { header, afterBlank: this.#blank, time };
    this.#blank = false;
  }

  /** A line that is no goroutine's first line. Whether it belongs to a goroutine. */
  line(line: string): boolean {
    if (this.#waiting !== undefined) this.#open(line);
    if (line === '') {
      this.#blank = true;
      this.end();
      return true;
    }
    this.#blank = false;
    if (this.#header === undefined) return false;
    const own = this.#own(line);
    if (own) this.#foreign = 0;
    else if (++this.#foreign > patience) this.end();
    return own;
  }

  #open(first: string): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { header, ...rest } = waiting;
    const around: Around = { ...rest, first };
    this.#waiting = undefined;
    this.#header = header;
    this.#tree = this.#collector.goroutine(header, around);
    this.#root = this.#tree.root(header.state);
    this.#place = this.#root;
    this.#pending = undefined;
    this.#words.length = 0;
    this.#createdIn = undefined;
    this.#hasCreator = false;
    this.#lack = undefined;
    this.#outermost = '';
    this.#ancestors = false;
    this.#foreign = 0;
  }

  #own(line: string): boolean {
    if (this.#ancestors) return isOfAncestor(line);
    if (this.#place === this.#root && isUnavailable(line)) {
      this.#lack = 'unavailable';
      return true;
    }
    if (line.charCodeAt(0) === tab || this.#pending !== undefined) {
      if (this.#file(line)) return true;
    }
    if (line.charCodeAt(line.length - 1) === closing) return this.#function(line);
    return this.#other(line);
  }

  #function(line: string): boolean {
    this.#unfinished();
    const open = line.lastIndexOf('(');
    if (open <= 0) return false;
    const words = line.slice(open + 1, -1);
    this.#pending = words === '...' ? { text: line, words: '' } : { text: line.slice(0, open), words };
    return true;
  }

  /** The second line of a frame, or of `created by`. */
  #file(line: string): boolean {
    const text = filePart(line);
    const pending = this.#pending;
    const tree = this.#tree;
    if (text === undefined || tree === undefined) return false;
    this.#pending = undefined;
    if (pending === undefined) {
      this.#lack ??= 'damaged';
      return true;
    }
    if (pending.text.startsWith(createdBy)) this.#hasCreator = true;
    else {
      this.#outermost = pending.text;
      this.#words.push(pending.words);
    }
    this.#step(pending.text);
    this.#step(text);
    return true;
  }

  #step(text: string): void {
    if (this.#place !== undefined) this.#place = this.#tree?.step(this.#place, text);
  }

  #other(line: string): boolean {
    if (line.startsWith(createdBy)) {
      this.#unfinished();
      const found = /^(.*?)(?: in goroutine (\d+))?$/.exec(line);
      this.#createdIn = found?.[2] === undefined ? undefined : Number(found[2]);
      this.#pending = { text: found?.[1] ?? line, words: '' };
      return true;
    }
    if (line.startsWith('[originating from goroutine ')) {
      this.#unfinished();
      this.#ancestors = true;
      return true;
    }
    if (/^\.\.\.(\d+ |additional )frames elided\.\.\.$/.test(line)) {
      this.#unfinished();
      this.#step(elided);
      return true;
    }
    if (/^non-Go function at pc=0x[0-9a-f]+$/.test(line)) {
      this.#unfinished();
      this.#words.push('');
      this.#step(nonGo);
      return true;
    }
    if (this.#pending === undefined && /^[^\s]+$/.test(line)) {
      // A function of C: what follows decides whether it is one.
      this.#pending = { text: line, words: '' };
      return true;
    }
    return false;
  }

  /** A function without its file: a line was lost, or it was none of this goroutine's. */
  #unfinished(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined && /^(created by )?\S+[.]\S+$/.test(pending.text)) this.#lack ??= 'damaged';
  }

  /** No more lines of this goroutine. */
  end(): void {
    if (this.#waiting !== undefined) this.#open('');
    const header = this.#header;
    if (header === undefined) return;
    this.#unfinished();
    this.#header = undefined;
    this.#collector.end(this.#place, header.state, {
      id: header.id,
      minutes: header.minutes,
      createdIn: this.#createdIn,
      words: this.#words.join(wordsEnd),
      lack: this.#lack,
    });
  }

  /** A part of a line tells as much as it says for sure: offsets stand behind what is needed. */
  #rest(rest: string): void {
    if (this.#pending !== undefined && / \+0x[0-9a-f]/.test(rest)) this.#file(rest);
    else this.#pending = { text: '', words: '' };
  }

  /** The text is over, with a last line that may be a part of one: a goroutine whose lines were just read may have had more. */
  cutOff(rest: string): void {
    if (rest !== '' && this.#header !== undefined) this.#rest(rest);
    if (this.#waiting !== undefined) this.#open('');
    const header = this.#header;
    if (header === undefined) return;
    // What go prints behind the last goroutine, `exit status 2` or `FAIL`, is none of its lines.
    const isOther = !/^(created by |\S+\()/.test(this.#pending?.text ?? '');
    const whole =
      (this.#pending === undefined || (isOther && this.#pending.text !== '')) &&
      (this.#hasCreator || this.#ancestors || (header.id === 1 && isOutermost(this.#outermost)));
    if (!whole) {
      this.#pending = undefined;
      this.#lack = 'cut off';
      if (header.id !== 0)
        this.#collector.limit(
          `the text ends in the middle of goroutine ${header.id}: its outer frames are missing`,
        );
    }
    this.end();
  }
}

const tab = 9;
const closing = 41;

/** Where the main goroutine begins, which no go statement has started. */
function isOutermost(name: string): boolean {
  return /^(main\.main|runtime\.main|runtime\.goexit|.*\.init(\.\d+)?(\.func[\d.]+)?)$/.test(
    name.replace(inlinedMark, ''),
  );
}

/** Without offset and addresses, with the tab that some recorders of logs take away. */
function filePart(line: string): string | undefined {
  const plus = line.lastIndexOf(' +0x');
  let text = line;
  if (plus > 0) text = line.slice(0, plus);
  else {
    const pc = /(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+)? pc=0x[0-9a-f]+$/.exec(line);
    if (pc !== null) text = line.slice(0, pc.index);
  }
  if (!endsWithNumber(text)) return pcOnly.test(line) ? '\t' : undefined;
  if (text.charCodeAt(0) === tab) return text;
  return plus > 0 || isSource.test(text) ? `\t${text.trimStart()}` : undefined;
}

/** Of a line that could be any other, which ends with a port, say. */
const isSource = /(\.(go|s|S|c|cc|cpp|cxx|h|m|y)|<autogenerated>):\d+$/;
const pcOnly = /^\s+pc=0x[0-9a-f]+$/;

/** `:12` at the end. */
function endsWithNumber(text: string): boolean {
  let at = text.length;
  let code = text.charCodeAt(--at);
  const end = at;
  while (code >= 48 && code <= 57) code = text.charCodeAt(--at);
  return code === 58 && at < end;
}

function isOfAncestor(line: string): boolean {
  return (
    line.charCodeAt(0) === tab ||
    line.startsWith(createdBy) ||
    line.startsWith('[originating from goroutine ') ||
    line.startsWith('...') ||
    line.charCodeAt(line.length - 1) === closing
  );
}
