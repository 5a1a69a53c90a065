/** Quotes one word for a POSIX shell, and only when it needs it. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !word.startsWith('=')) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
