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

/** JSON that can be looked at in a terminal; it says the same. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return text.replace(active, (character) => `\\u${hex(character).padStart(4, '0')}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours (ECMA-48, SGR) and links (OSC 8) of the lab's own
const ours = /\x1b\[[\d;]*m|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)/;

/** A finished text for a terminal: whatever comes by here unescaped does nothing there, save to colour. */
export function safeText(text: string, colour: boolean): string {
  if (!colour) return printable(text);
  return text
    .split(new RegExp(`(${ours.source})`))
    .map((part, at) => (at % 2 === 1 ? part : printable(part)))
    .join('');
}

const hex = (character: string): string => character.charCodeAt(0).toString(16);

function escaped(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character).padStart(2, '0')}` : `\\u${hex(character)}`;
}
