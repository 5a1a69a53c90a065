import { readFile } from 'node:fs/promises';
import { LabError, messageOf } from '../../errors.js';
import { nameOf } from '../session.js';

/** How large a class can be. */
export const largestClass = 60;

/**
 * The names of a class of that size: those of the file, one in a line, and then `learner-01` and so on. Throws `usage` for
 * a name that is none, one that comes twice, and more names than places.
 */
export async function classNames(size: number, file?: string): Promise<readonly string[]> {
  const given = file === undefined ? [] : await readNames(file);
  const fail = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if (given.length > size)
    fail(`${file} has ${given.length} names`, `open it for all of them: --class ${given.length}`);
  const names = given.map(nameOf);
  const digits = String(size).length;
  for (let i = 1; names.length < size; i++) {
    const name = `learner-${String(i).padStart(digits, '0')}`;
    if (!names.includes(name)) names.push(name);
  }
  // Some file systems take upper and lower case for the same.
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (seen.has(key)) fail(`the name ${name} comes twice`, 'add a letter to one of them');
    seen.add(key);
  }
  return names;
}

async function readNames(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new LabError(`the names cannot be read: ${messageOf(cause)}`, {
      code: 'usage',
      hint: 'name a file with one name in each line',
      cause,
    });
  });
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
