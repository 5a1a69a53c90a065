import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../paths.js';

/** What a rule finds, with examples, as the project's docs tell it. */
export interface RuleExplanation {
  readonly kind: 'rule';
  readonly rule: string;
  /** `communication/channel`. */
  readonly classes: readonly string[];
  readonly finds: string;
  readonly examples: readonly RuleExample[];
  /** Page of the docs. */
  readonly page: string;
}

export interface RuleExample {
  /** The scenario, as `lab run` takes it. */
  readonly scenario: string;
  readonly title: string;
  /** Markdown, as on its page. */
  readonly story: string;
  readonly lookFor: string;
  readonly fix: string;
  readonly page: string;
}

const diagnosisPage = 'docs/diagnosis.md';

/** Explains a rule from docs/diagnosis.md and the pages of its scenarios; `undefined` where no rule is called so. */
export async function explainRule(rule: string): Promise<RuleExplanation | undefined> {
  const row = (await ruleRows()).find(({ rules }) => rules.includes(rule));
  if (row === undefined) return undefined;
  const examples = await Promise.all(row.scenarios.map(exampleOf));
  return {
    ...{ kind: 'rule', rule, classes: row.classes, finds: row.finds, page: diagnosisPage },
    examples: examples.filter((one) => one !== undefined),
  };
}

/** Names of all rules that the docs explain. */
export async function explainedRules(): Promise<readonly string[]> {
  return (await ruleRows()).flatMap(({ rules }) => rules);
}

interface RuleRow {
  readonly rules: readonly string[];
  readonly classes: readonly string[];
  readonly finds: string;
  readonly scenarios: readonly string[];
}

/** The table of rules; a cell that is empty is that of the row above. */
async function ruleRows(): Promise<readonly RuleRow[]> {
  const path = join(projectRoot, diagnosisPage);
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n');
  const start = lines.findIndex((line) => line.startsWith('| class | subtype | rule |'));
  const rows: RuleRow[] = [];
  let [kind, subtypes] = ['', ''];
  for (const line of lines.slice(start + 2)) {
    if (start === -1 || !line.startsWith('|')) break;
    const [first = '', second = '', rules = '', finds = '', scenarios = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (first !== '') [kind, subtypes] = [first, ''];
    if (second !== '') subtypes = second;
    const names = words(subtypes);
    const [name = kind] = words(kind);
    rows.push({
      rules: words(rules),
      classes: names.length === 0 ? [name] : names.map((one) => `${name}/${one}`),
      finds: plain(finds),
      scenarios: [...scenarios.matchAll(/\[([\w-]+)\]/g)].flatMap(([, one]) => one ?? []),
    });
  }
  return rows;
}

const words = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, one]) => one ?? []);
const plain = (cell: string): string => cell.replaceAll('`', '');

async function exampleOf(scenario: string): Promise<RuleExample | undefined> {
  const page = `docs/scenarios/${scenario}.md`;
  const path = join(projectRoot, page);
  if (!existsSync(path)) return undefined;
  const [head = '', ...parts] = (await readFile(path, 'utf8')).split(/^## /m);
  const part = (title: string): string =>
    parts
      .find((one) => one.startsWith(`${title}\n`))
      ?.slice(title.length)
      .trim() ?? '';
  return {
    ...{ scenario, page, title: /^# \w+: (.*)$/m.exec(head)?.[1] ?? scenario },
    ...{ story: part('The story'), lookFor: part('What to look for'), fix: part('The repair') },
  };
}
