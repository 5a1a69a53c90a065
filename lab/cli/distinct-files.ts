import { fstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from '../errors.js';

/** A file that a command line names, by what it is for: `the report`. */
export interface NamedFile {
  readonly what: string;
  readonly path: string;
}

/**
 * Throws `usage` when a file that is to be written is one that is read, or one that is written as well, stdout
 * included. Links do not help: files are told apart by device and inode.
 */
export function requireDistinct(written: readonly NamedFile[], read: readonly NamedFile[]): void {
  const known = new Map<string, string>();
  for (const { what, path } of read) known.set(identityOf(path), what);
  const printed = stdoutIdentity();
  const over = printed === undefined ? undefined : known.get(printed);
  if (over !== undefined) {
    throw new LabError(`what is printed would overwrite ${over}`, {
      code: 'usage',
      hint: 'send stdout to another file',
      // Not even the error may be printed there.
      details: { keepStdout: true },
    });
  }
  if (printed !== undefined) known.set(printed, 'what is printed');
  for (const { what, path } of written) {
    const identity = identityOf(path);
    const other = known.get(identity);
    if (other !== undefined) {
      throw new LabError(`${what} would overwrite ${other}: ${resolve(path)}`, {
        code: 'usage',
        hint: 'choose another file',
      });
    }
    known.set(identity, what);
  }
}

/** Every file of a stored run, save the reports, which are made again at any time. */
export function filesOfRun(dir: string): readonly NamedFile[] {
  const names = list(dir).filter((name) => !/^report\.(?:html|md)$/.test(name));
  return names.map((name) => ({ what: `${name} of the run`, path: join(dir, name) }));
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // the run's own reader says so
  }
}

function identityOf(path: string): string {
  const file = resolve(path);
  try {
    const { dev, ino } = statSync(file);
    return `${dev}:${ino}`;
  } catch {
    return join(realFolder(dirname(file)), basename(file));
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function stdoutIdentity(): string | undefined {
  try {
    const stat = fstatSync(1);
    return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}
