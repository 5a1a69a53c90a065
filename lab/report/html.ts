/** Markup that is safe to put into a page as it stands. */
export interface Markup {
  readonly markup: string;
}

export type HtmlValue = Markup | string | number | null | undefined | false | readonly HtmlValue[];

/** Builds markup: whatever is put into the template is escaped, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Markup {
  const filled = parts.map((part, index) => part + (index < values.length ? render(values[index]) : ''));
  return { markup: filled.join('') };
}

/** Escapes a text for elements and quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return 'markup' in value ? value.markup : value.map(render).join('');
}
