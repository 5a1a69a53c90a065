/** Characters that a terminal acts upon instead of showing them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const acting = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text that comes out of a core or a source file, as a terminal may show it; tabs become spaces. */
export function printable(text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replace(acting, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for every text in a value, at any depth. */
export function printableAll<T>(value: T): T {
  const clean = (inner: unknown): unknown => {
    if (typeof inner === 'string') return printable(inner);
    if (Array.isArray(inner)) return inner.map(clean);
    if (inner === null || typeof inner !== 'object') return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, clean(one)]));
  };
  return clean(value) as T;
}
