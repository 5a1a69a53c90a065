import { findBeginning } from './header.js';
import { timeIn } from './log-time.js';

export interface Stripped {
  readonly text: string | undefined;
}

/** What a log puts before each line: the same text, or one of the same shape. */
export interface Prefix {
  /** The line without it; undefined when it does not begin with it; without text when more of the line follows. */
  strip(line: string): Stripped | undefined;
  time(line: string): Date | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' colours begin with one.
const colours = /\x1b\[[0-9;]*[A-Za-z]/g;

/** The prefix of a line that has a goroutine's first line at its end. */
export function prefixOf(line: string): Prefix | undefined {
  const plain = line.replace(colours, '').trimEnd();
  const begins = findBeginning(plain) ?? findBeginning(plain.replace(/["'`][,}\])]*$/, ''));
  if (begins === undefined) return undefined;
  const literal = plain.slice(0, begins);
  if (/[\w.]$/.test(literal)) return undefined;
  const coloured = line.includes('\x1b');
  const shape = shapeOf(literal);
  const bare = literal.trimEnd();
  const strip = (text: string) => {
    const own = coloured ? text.replace(colours, '') : text;
    if (own.startsWith(literal)) return own.slice(literal.length);
    if (own === bare) return '';
    const end = shape?.exec(own)?.[0].length;
    return end === undefined ? undefined : own.slice(end);
  };
  const time = (text: string) => timeIn(text.slice(0, literal.length + 16));
  if (ofKubernetes.test(literal)) return { strip: kubernetesStrip(), time };
  const quote = /["'`]$/.exec(literal)?.[0];
  return {
    strip(text) {
      const content = strip(text);
      if (content === undefined) return undefined;
      return { text: quote === undefined ? content : unquoted(content, quote) };
    },
    time,
  };
}

function unquoted(text: string, quote: string): string {
  const end = text.lastIndexOf(quote);
  return (end < 0 ? text : text.slice(0, end)).replaceAll('\\t', '\t').replaceAll(`\\${quote}`, quote);
}

/** Letters and digits vary, all else is as it is; words alone are no shape, since a traceback has words too. */
function shapeOf(literal: string): RegExp | undefined {
  if (!/[^A-Za-z\s]/.test(literal)) return undefined;
  const parts = literal.match(/[A-Za-z0-9]+|\s+|[^A-Za-z0-9\s]/g) ?? [];
  const pattern = parts.map((part, index) => {
    if (/^\s/.test(part)) return index === parts.length - 1 ? `(?:[ \\t]{1,${part.length}}|$)` : '[ \\t]+';
    if (/^[A-Za-z]+$/.test(part)) return '[A-Za-z]+';
    if (/^[A-Za-z0-9]/.test(part)) return '[A-Za-z0-9]+';
    return part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  return new RegExp(`^${pattern.join('')}`);
}

/** A line of a container as Kubernetes keeps it: `F` is before a whole line, `P` before a part that others follow. */
const ofKubernetes = /^\d{4}-\d\d-\d\dT\S+ std(?:out|err) ([FP])(?: |$)/;

function kubernetesStrip(): Prefix['strip'] {
  let begun = '';
  return (line) => {
    const found = ofKubernetes.exec(line);
    if (found === null) return undefined;
    begun += line.slice(found[0].length);
    if (found[1] === 'P') return { text: undefined };
    const text = begun;
    begun = '';
    return { text };
  };
}
