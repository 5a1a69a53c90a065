import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { LabError } from '../errors.js';
import { modules } from './commands/index.js';

/** Whether a command starts compilers and debuggers, each of which would complain of the folder in its own way. */
function startsTools(name: string): boolean {
  const group = modules.find(({ purposes }) => Object.hasOwn(purposes, name))?.group;
  return group !== 'Look' && group !== 'Keep in order';
}

/** Throws `usage` when a command is meant that cannot do without the temporary folder, and there is none. */
export function requireTemporaryFolder(name: string): void {
  const folder = tmpdir();
  if (!startsTools(name) || statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new LabError(`the temporary folder ${folder} does not exist`, {
    code: 'usage',
    hint: 'set TMPDIR to a folder that exists',
  });
}
