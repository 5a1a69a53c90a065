import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LabError } from '../errors.js';
import { cannotWrite } from '../store/cannot-write.js';

/** Throws, before any work, what is sure to keep a file from being written: `usage` or `missing-permission`. */
export function requireWritable(what: string, file: string): void {
  const isThere = existsSync(file);
  if (isThere && !statSync(file).isFile()) {
    throw new LabError(`${what} cannot be written to ${file}: it is no file`, {
      code: 'usage',
      hint: 'choose another file',
    });
  }
  try {
    // Of a name that is too long, its folder knows nothing.
    if (!isThere) lstatSync(file, { throwIfNoEntry: false });
    accessSync(isThere ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw cannotWrite(what, file, cause);
  }
}

/** A page that broke off would still look like one. */
export async function writeWhole(file: string, text: string | Uint8Array): Promise<void> {
  const isNew = !existsSync(file);
  try {
    await writeFile(file, text);
  } catch (error) {
    if (isNew) await rm(file, { force: true }).catch(() => undefined);
    throw error;
  }
}
