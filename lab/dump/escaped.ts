import { timeIn } from './log-time.js';

/** A goroutine's first line, with what stands for its end, `\n`, in a string, or in a string of a string. */
const beginning =
  /goroutine (?:\d+(?: [a-z]+=\w+)* \[[^\]\n]*\](?: \{[^}]*\})?:|profile: total \d+)(?:\\+r)?\\+n/;

/** A text that stands in a line. */
export interface TextInLine {
  /** Absent where a log has something else in this line. */
  readonly text: string | undefined;
  readonly time: Date | undefined;
  /** The line does not end within it. */
  readonly isWhole: boolean;
}

/** The text in a line that has line ends written as `\n`, and when it was written. */
export function escapedText(line: string): TextInLine | undefined {
  const found = beginning.exec(line);
  if (found === null) return undefined;
  const { at, quote } = openQuote(line.slice(0, found.index));
  return { ...unescaped(line.slice(at), quote), time: timeIn(line.slice(0, at)) };
}

/** The quote of the string that goes on behind `before`, and where its text begins. */
function openQuote(before: string): { readonly at: number; readonly quote: string } {
  let at = 0;
  let quote = '';
  for (const { 0: found, index } of before.matchAll(/\\.|["'`]/g)) {
    if (found.length > 1) continue;
    // An apostrophe is no quote.
    if (quote === '' && (found === '"' || /(^|[\s=:[({])$/.test(before.slice(0, index)))) {
      quote = found;
      at = index + 1;
    } else if (found === quote) {
      quote = '';
      at = 0;
    }
  }
  return { at, quote };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** Up to the string's end, and with what its escapes stand for; bytes of UTF-8 as Latin-1. */
export function unescaped(text: string, quote: string): Omit<TextInLine, 'time'> & { readonly text: string } {
  const parts: string[] = [];
  let from = 0;
  for (const found of text.matchAll(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))|["'`]/g)) {
    const [whole, short, byte, one] = found;
    if (whole.length === 1) {
      if (whole !== quote) continue;
      parts.push(text.slice(from, found.index));
      return { text: parts.join(''), isWhole: true };
    }
    parts.push(text.slice(from, found.index));
    from = found.index + whole.length;
    if (short !== undefined)
      parts.push(Buffer.from(String.fromCharCode(Number.parseInt(short, 16))).toString('latin1'));
    else if (byte !== undefined) parts.push(String.fromCharCode(Number.parseInt(byte, 16)));
    else parts.push(escapes[one ?? ''] ?? one ?? '');
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), isWhole: quote === '' };
}
