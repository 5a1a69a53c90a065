import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError, messageOf } from '../errors.js';
import { fileRefusal } from '../file-refusal.js';
import type { Input } from './find-inputs.js';
import { type Item, itemSchema } from './item.js';

const lineSchema = z.object({ key: z.string(), item: itemSchema });

/**
 * What became of inputs so far, a line of `items.jsonl` for each: whoever does the same again begins where it was killed.
 * An input is known by its path, size and time, and by what it was looked at with.
 */
export interface Journal {
  known(input: Input): Item | undefined;
  append(input: Input, item: Item): Promise<void>;
}

/** `how` is all that the result depends on beside the input; throws when the folder cannot be written. */
export async function openJournal(dir: string, how: unknown, fresh: boolean): Promise<Journal> {
  const file = join(dir, 'items.jsonl');
  await writing(dir, async () => await mkdir(dir, { recursive: true, mode: 0o700 }));
  const text = fresh ? '' : await readFile(file, 'utf8').catch(() => '');
  const items = new Map<string, Item>();
  for (const line of text.split('\n')) {
    const parsed = lineSchema.safeParse(parseJson(line));
    if (parsed.success) items.set(parsed.data.key, parsed.data.item);
  }
  // The last line may be half a line when the triage was killed.
  let lead = text === '' || text.endsWith('\n') ? '' : '\n';
  const said = JSON.stringify(how);
  const keyOf = ({ file: path, version }: Input): string =>
    createHash('sha256').update(`${said}\n${path}\n${version}`).digest('hex').slice(0, 32);
  return {
    known(input) {
      const item = items.get(keyOf(input));
      return item === undefined ? undefined : { ...item, path: input.path };
    },
    async append(input, item) {
      const line = `${lead}${JSON.stringify({ key: keyOf(input), item })}\n`;
      lead = '';
      await writing(file, async () => await appendFile(file, line, { mode: 0o600 }));
    },
  };
}

async function writing(path: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const full = fileRefusal(cause) === 'full';
    throw new LabError(`${path} could not be written: ${messageOf(cause)}`, {
      code: full ? 'no-space' : 'missing-permission',
      hint: full
        ? 'free some space and do the same again: it goes on where it was'
        : 'choose another folder: --state DIR',
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
