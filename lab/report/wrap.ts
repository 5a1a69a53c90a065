import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Columns of a text that goes to no terminal. */
export const textWidth = 80;

export interface WrapOptions {
  readonly width?: number;
  readonly indent?: string;
  readonly first?: string;
  /** Leaves a word that is too long for a line whole, and what stands between backticks too: it is to be copied. */
  readonly whole?: boolean;
}

/** Stands for a space that is not to be broken at: of the private use area, so that no text has it. */
export const glued = '\uE000';

/**
 * Breaks a text at spaces into lines of at most `width` columns, each after `indent`; the first line begins
 * with `first` instead, which must be as long. Colours and links take no room. A word that is too long for a line is
 * broken, unless it is to stay `whole`.
 */
export function wrap(text: string, options: WrapOptions = {}): string[] {
  const { width = textWidth, indent = '', first = indent, whole = false } = options;
  const room = Math.max(10, width - stringWidth(indent));
  const oneLine = text.trim().replace(/\s+/g, ' ');
  const asked = whole ? oneLine.replace(/`[^`]*`/g, (code) => code.replaceAll(' ', glued)) : oneLine;
  const lines = wrapAnsi(asked, room, { hard: !whole }).replaceAll(glued, ' ').split('\n');
  return lines.map((one, index) => ((index === 0 ? first : indent) + one).trimEnd());
}

/** Shortens a text in its middle to `width` columns. */
export function shorten(text: string, width: number): string {
  return cliTruncate(text, width, { position: 'middle', truncationCharacter: '...' });
}

/** Shortens a text at its end to `width` columns. */
export function clipEnd(text: string, width: number): string {
  return cliTruncate(text, width, { truncationCharacter: '...' });
}

/** Columns that a text takes in a terminal. */
export const columnsIn = (text: string): number => stringWidth(text);

/** A text, filled up with spaces to so many columns. */
export const padTo = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
