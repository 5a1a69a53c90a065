import MarkdownIt from 'markdown-it';
import { LabError } from '../errors.js';

/** What a lesson's texts and commands may name as `{{name}}`. */
export const placeholders = [
  'folder',
  'package',
  'port',
  'pprof-port',
  'delve-port',
  'path',
  'pid',
  'core',
  'symptom',
  'scenario',
] as const;

export type Values = Readonly<Record<(typeof placeholders)[number], string>>;

// No HTML of a lesson's author gets into the page, and no link but to the web, the page itself or a mail.
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });

/** A text with its `{{names}}` filled in. */
export function filled(text: string, values: Values): string {
  return text.replaceAll(/\{\{([\w-]+)\}\}/g, (whole, name: string) => {
    const known = placeholders.find((one) => one === name);
    if (known === undefined) throw unknownPlaceholder(whole);
    return values[known];
  });
}

/** The first `{{name}}` that means nothing. */
export function strangePlaceholder(text: string): string | undefined {
  for (const [whole, name] of text.matchAll(/\{\{([^}]*)\}\}/g)) {
    if (!placeholders.some((known) => known === name)) return whole;
  }
  return undefined;
}

/** One line of Markdown as HTML, without a paragraph around it. */
export function renderedLine(text: string): string {
  return markdown.renderInline(text);
}

/** Markdown as HTML; what is wider than a narrow screen is scrolled by keyboard too. */
export function rendered(text: string): string {
  return markdown.render(text).replaceAll('<pre>', '<pre tabindex="0">');
}

function unknownPlaceholder(whole: string): LabError {
  return new LabError(`${whole} means nothing; a lesson may say ${placeholders.join(', ')}`, {
    code: 'internal',
  });
}
