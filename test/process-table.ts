import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
  readonly environment: readonly string[];
}

/** The processes of this machine that may be looked at, without the kernel's own and those that have ended. */
export function processTable(): ProcessRow[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const read = (name: string): string => readFileSync(join('/proc', pid, name), 'utf8');
    try {
      const [, parent] = read('stat')
        .replace(/^.*\) /s, '')
        .split(' ');
      const commandLine = read('cmdline').replaceAll('\0', ' ').trim();
      const row = { pid: Number(pid), parent: Number(parent), environment: read('environ').split('\0') };
      return commandLine === '' ? [] : [{ ...row, commandLine }];
    } catch {
      return []; // it ended while we looked, or is somebody else's
    }
  });
}
