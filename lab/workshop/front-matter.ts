import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LabError } from '../errors.js';

export interface Matter<T> {
  readonly head: T;
  readonly body: string;
  /** An error about one key of the head, with the file and the line on which the key stands. */
  fault(key: string, message: string): LabError;
}

/** Divides a text into its YAML front matter, which must have that shape, and the Markdown behind it. */
export function readFrontMatter<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): Matter<z.infer<S>> {
  const [, head, body] = /^---\r?\n([\s\S]*?\n)---\r?\n?([\s\S]*)$/.exec(text) ?? [];
  if (head === undefined || body === undefined)
    throw at(file, 1, 'a front matter between two lines --- is missing');
  const lines = new LineCounter();
  const document = parseDocument(head, { lineCounter: lines });
  // The first line of the file is the opening one.
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const lineOf = (key: unknown): number => {
    const pair = isMap(document.contents)
      ? document.contents.items.find((item) => String(item.key) === String(key))
      : undefined;
    const range = pair === undefined ? undefined : (pair.key as { range?: readonly number[] }).range;
    return range?.[0] === undefined ? 2 : lineAt(range[0]);
  };
  const [broken] = document.errors;
  if (broken !== undefined) throw at(file, lineAt(broken.pos[0]), broken.message.split('\n')[0] ?? '');
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path[0] ?? (issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined);
    const path = issue?.path.join('.') ?? '';
    throw at(file, lineOf(key), `${path === '' ? '' : `${path}: `}${issue?.message ?? 'not understood'}`);
  }
  return { head: parsed.data, body, fault: (key, message) => at(file, lineOf(key), message) };
}

function at(file: string, line: number, message: string): LabError {
  return new LabError(`${file}:${line}: ${message}`, {
    code: 'usage',
    hint: 'fix the lesson; docs/workshop.md lists what a front matter may say',
  });
}
