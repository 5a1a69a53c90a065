/** A text in Markdown, on one line and without a meaning of its own. */
export function escapeMarkdown(value: string): string {
  return value.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

/** What is to be typed or is a name, on one line. */
export function markdownCode(value: string): string {
  const one = value.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
  return one.includes('`') ? `\`\` ${one} \`\`` : `\`${one}\``;
}
