/** Columns that every text of the lab fits in. */
export const textWidth = 80;

export interface WrapOptions {
  readonly width?: number;
  readonly indent?: string;
  readonly first?: string;
  /** Leaves a word that is too long for a line whole, and what stands between backticks too: it is to be copied. */
  readonly whole?: boolean;
}

/**
 * Breaks a text at spaces into lines of at most `width` columns, each after `indent`; the first line begins
 * with `first` instead, which must be as long. A word that is too long for a line is broken,
 * unless it is to stay `whole`.
 */
export function wrap(text: string, options: WrapOptions = {}): string[] {
  const { width = textWidth, indent = '', first = indent, whole = false } = options;
  const room = Math.max(10, width - indent.length);
  const lines: string[] = [];
  let line = '';
  const words = whole ? text.match(/(?:`[^`\n]*`|\S)+/g) : text.match(/\S+/g);
  for (const word of words ?? []) {
    for (const piece of whole ? [word] : pieces(word, room)) {
      if (line !== '' && line.length + 1 + piece.length > room) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines.map((one, index) => ((index === 0 ? first : indent) + one).trimEnd());
}

/** Shortens a text in its middle to `width` columns. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 3) / 2);
  return `${text.slice(0, head)}...${text.slice(text.length - (width - 3 - head))}`;
}

function pieces(word: string, room: number): string[] {
  if (word.length <= room) return [word];
  const found: string[] = [];
  for (let at = 0; at < word.length; at += room) found.push(word.slice(at, at + room));
  return found;
}
