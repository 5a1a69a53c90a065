import type { DumpStack } from './model.js';

/** What stands in the first line of a goroutine, and is the same for all that are counted together. */
export type GoroutineState = Pick<
  DumpStack,
  'status' | 'waitReason' | 'leaked' | 'durable' | 'locked' | 'labels'
>;

export interface Header {
  readonly id: number;
  readonly state: GoroutineState;
  readonly minutes: number | undefined;
}

/**
 * `goroutine 7 gp=0xc000 m=3 mp=0xc008 [chan receive (leaked), 5 minutes, locked to thread, synctest bubble 1] {k: v}:`,
 * at the end of a line, of which anything may be the beginning.
 */
const headerPattern =
  /goroutine (\d+)((?: gp=0x[0-9a-f]+| gp=nil| m=nil| m=-?\d+| mp=0x[0-9a-f]+| mp=nil)*) \[((?:[^\]\n"]|"(?:[^"\\]|\\.)*")*)\](?: \{(.*)\})?:$/;

/** Where in `line` the first line of a goroutine begins, and what it says; undefined where there is none. */
export function findHeader(line: string): { readonly at: number; readonly header: Header } | undefined {
  const found = headerPattern.exec(line);
  if (found === null) return undefined;
  const [, id = '', , inside = '', behind] = found;
  // Go 1.26 prints labels between the brackets, later ones behind them.
  const at = inside.indexOf(' labels:{');
  const labels = at < 0 ? behind : inside.slice(at + ' labels:{'.length, -1);
  const { state, minutes } = readBracket(at < 0 ? inside : inside.slice(0, at));
  const known = labels === undefined ? undefined : headerLabels(labels);
  return {
    at: found.index,
    header: { id: Number(id), state: known === undefined ? state : { ...state, labels: known }, minutes },
  };
}

const countsPattern = /(goroutine|goroutineleak) profile: total (\d+)$/;

/** Where in `line` the first line of a dump of counts begins, and what it says; undefined where there is none. */
export function findCounts(
  line: string,
): { readonly at: number; readonly leaked: boolean; readonly total: number } | undefined {
  const found = countsPattern.exec(line);
  return found === null
    ? undefined
    : { at: found.index, leaked: found[1] === 'goroutineleak', total: Number(found[2]) };
}

/** Where in `line` something begins that is read here. */
export function findBeginning(line: string): number | undefined {
  return findHeader(line)?.at ?? findCounts(line)?.at;
}

type Bracket = Pick<Header, 'state' | 'minutes'>;

const brackets = new Map<string, Bracket>();
/** A dump has some reasons, each with some thousands of minutes. */
const maxBrackets = 10_000;

function readBracket(text: string): Bracket {
  let known = brackets.get(text);
  if (known === undefined) {
    known = parseBracket(text);
    if (brackets.size >= maxBrackets) brackets.clear();
    brackets.set(Buffer.from(text, 'latin1').toString('latin1'), known);
  }
  return known;
}

/** What `goroutineheader` of the runtime prints between the brackets. */
function parseBracket(text: string): Bracket {
  const [first = '', ...rest] = text.split(', ');
  let reason = first;
  const marks = new Set<string>();
  for (let more = true; more; ) {
    const mark = / \((leaked|scan|durable)\)$/.exec(reason);
    more = mark !== null;
    if (mark !== null) {
      marks.add(mark[1] ?? '');
      reason = reason.slice(0, mark.index);
    }
  }
  const minutes = rest.map((part) => /^(\d+) minutes$/.exec(part)?.[1]).find((one) => one !== undefined);
  return {
    state: {
      ...statusOf(reason),
      leaked: marks.has('leaked') || reason === 'leaked',
      durable: marks.has('durable'),
      locked: rest.includes('locked to thread'),
    },
    minutes: minutes === undefined ? undefined : Number(minutes),
  };
}

const others = new Set(['idle', 'dead', 'copystack', 'enqueue', 'moribund_unused', 'stopped', '???', '']);

function statusOf(reason: string): Pick<GoroutineState, 'status' | 'waitReason'> {
  switch (reason) {
    case 'running':
    case 'runnable':
    case 'syscall':
      return { status: reason, waitReason: '' };
    // The status alone: the runtime knows no reason.
    case 'waiting':
    case 'leaked':
      return { status: 'waiting', waitReason: '' };
    // Stopped by the runtime in the middle of its work, which it goes on with by itself.
    case 'preempted':
      return { status: 'runnable', waitReason: '' };
    default:
      return others.has(reason)
        ? { status: 'other', waitReason: '' }
        : { status: 'waiting', waitReason: reason };
  }
}

/** As Go 1.27 prints them: `key: value, "quoted key": "quoted value"`. */
function headerLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, quotedKey, key, quotedValue, value] of text.matchAll(
    /(?:"((?:[^"\\]|\\.)*)"|([^":,]+)): (?:"((?:[^"\\]|\\.)*)"|([^",]*))(?:, |$)/g,
  )) {
    labels[quotedKey === undefined ? (key ?? '') : unquoteGo(quotedKey)] =
      quotedValue === undefined ? (value ?? '') : unquoteGo(quotedValue);
  }
  return labels;
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What stands between the quotes of a Go string, of Latin-1 characters that are UTF-8 bytes, as text. */
export function unquoteGo(text: string): string {
  const plain = text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (_, byte?: string, short?: string, long?: string, one = '') => {
      if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
      const code = Number.parseInt(short ?? long ?? '', 16);
      if (Number.isNaN(code)) return escapes[one] ?? one;
      return code > 0x10ffff ? '\ufffd' : Buffer.from(String.fromCodePoint(code)).toString('latin1');
    },
  );
  return Buffer.from(plain, 'latin1').toString();
}
