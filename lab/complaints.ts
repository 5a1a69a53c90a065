import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * What is wrong with options as typed, a line for each, in the lab's words: `--load takes autocannon or wrk, not foo`.
 * A pattern's own message says what is wanted.
 */
export function complaints(error: z.ZodError, given: unknown): string {
  return error.issues.map((issue) => `- ${complaint(issue, given)}`).join('\n');
}

/** One complaint as a sentence of its own, several as a list below a title. */
export function complaintsText(error: z.ZodError, given: unknown): string {
  const [only, ...more] = error.issues;
  if (only !== undefined && more.length === 0) return complaint(only, given);
  return `${error.issues.length} options are not as they must be:\n${complaints(error, given)}`;
}

/** The same of parameters that stand in a file, by the names that they have there: `ask[0].fact takes a or b, not c`. */
export function parameterComplaints(error: z.ZodError, given: unknown): string {
  return error.issues.map((issue) => parameterComplaint(issue, given)).join('; ');
}

function complaint(issue: Issue, given: unknown): string {
  if (issue.code === 'unrecognized_keys')
    return `there is no option ${issue.keys.map(optionName).join(', ')}`;
  const [key] = issue.path;
  return expectation(issue, optionName(String(key)), given);
}

function parameterComplaint(issue: Issue, given: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const above = issue.path.length === 0 ? '' : ` in ${placeOf(issue.path)}`;
    return `there is no parameter ${issue.keys.join(', ')}${above}`;
  }
  return expectation(issue, placeOf(issue.path), given);
}

function expectation(issue: Issue, name: string, given: unknown): string {
  const value = shown(valueAt(given, issue.path));
  switch (issue.code) {
    case 'invalid_value':
      return `${name} takes ${either(issue.values.map(String))}, not ${value}`;
    case 'invalid_type':
      return `${name} takes ${kinds[issue.expected] ?? issue.expected}, not ${value}`;
    case 'too_small':
      return `${name} takes ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, not ${value}`;
    case 'too_big':
      return `${name} takes ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, not ${value}`;
    case 'invalid_format':
      return `${name} takes ${issue.message}, not ${value}`;
    default:
      return `${name}: ${issue.message}`;
  }
}

/** Where a file that was not typed by hand differs from what it should be, in a few words: its reader needs no schema. */
export function misshapen({ issues }: z.ZodError): string {
  const [first] = issues;
  const at = placeOf(first?.path ?? []);
  const where = at === '' ? 'it is something else altogether' : `${at} is not as it must be`;
  return issues.length > 1 ? `${where}, and ${issues.length - 1} more` : where;
}

/** `files[0].mtimeMs`. */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

const kinds: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a word',
  boolean: 'no value',
};

/** `a`, `a or b`, `a, b or c`. */
export function either(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** `--stage-timeout` for `stageTimeout`. */
function optionName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    given,
  );
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'nothing';
  return /^[\w@%+=:,./-]+$/.test(value) ? value : JSON.stringify(value);
}
