/**
 * Control characters, and those that change the order in which a line is read (Unicode, "Bidirectional Algorithm"): in a
 * terminal or an editor they would do something, or hide something. Line ends and tabs stay.
 */
const active = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** A text with each such character as `\x1b` or `\u202e`. For what a core, a kit or a stored run says. */
export function printable(text: string): string {
  return text.replace(active, escaped);
}

/** The same for every text of a value that is plain data, names of fields included. */
export function allPrintable<T>(value: T): T;
export function allPrintable(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map((one: unknown) => allPrintable(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [printable(key), allPrintable(one)]));
}

const hex = (character: string): string => character.charCodeAt(0).toString(16);

function escaped(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character).padStart(2, '0')}` : `\\u${hex(character)}`;
}
