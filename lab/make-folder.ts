import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LabError } from './errors.js';
import { runsFolder } from './paths.js';

/**
 * Creates a folder and what is missing above it; returns what was made, the outermost first. Throws `missing-permission`, `no-space` or `usage`, naming the
 * folder and one thing to do, `otherwise` where the folder can be moved by a variable. Not Node's recursive `mkdir`: it does not come back from places like `/proc`.
 */
export async function makeFolder(path: string, mode = 0o777, otherwise?: string): Promise<readonly string[]> {
  const folder = resolve(path);
  const missing: string[] = [];
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  for (const one of missing) {
    try {
      await mkdir(one, { mode });
      made.push(one);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      if (code !== 'EEXIST') throw cannotMake(one, String(code), otherwise, cause);
    }
  }
  if (!(await stat(folder)).isDirectory()) throw cannotMake(folder, 'it is a file', otherwise);
  return made;
}

function cannotMake(folder: string, why: string, otherwise?: string, cause?: unknown): LabError {
  const fail = (code: LabError['code'], hint: string): LabError =>
    new LabError(`the folder ${folder} cannot be made (${why})`, { code, hint: otherwise ?? hint, cause });
  if (['EACCES', 'EPERM', 'EROFS'].includes(why)) {
    return fail('missing-permission', 'choose a folder that you may write to');
  }
  if (why === 'ENOSPC' || why === 'EDQUOT')
    return fail('no-space', 'free some space, or choose another disk');
  return fail('usage', 'choose another folder');
}

/** Creates `<stem>` among the runs, for its owner alone, with a number behind its name when that is taken. */
export async function makeRunFolder(stem: string): Promise<string> {
  const otherwise = 'set LAB_RUNS to a folder that you may write to';
  await makeFolder(runsFolder(), 0o777, otherwise);
  for (let attempt = 1; ; attempt += 1) {
    const folder = join(runsFolder(), attempt === 1 ? stem : `${stem}-${attempt}`);
    try {
      await mkdir(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code !== 'EEXIST') throw cannotMake(folder, code, otherwise, error);
    }
  }
}
