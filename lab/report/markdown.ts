/** A text in Markdown, on one line and without a meaning of its own. */
export function escapeMarkdown(value: string): string {
  return value.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

/** What is to be typed or is a name, on one line. */
export function markdownCode(value: string): string {
  const one = value.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
  if (!one.includes('`')) return `\`${one}\``;
  // A fence longer than any run of backticks inside: nothing leaves it.
  const longest = Math.max(...[...one.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${one} ${fence}`;
}
