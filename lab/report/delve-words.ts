import type { Walk } from '../checklist/walk-record.js';
import type { DelveUsed } from '../delve/used.js';
import { delveProgram } from './delve-program.js';

/**
 * Which Delve read the core. The path is a fact of one machine, so the version stands beside it; `code` marks what is
 * to be typed.
 */
export function delveSentence(delve: DelveUsed, code: (text: string) => string): string {
  const { version, path, onPath } = delve;
  if (path === undefined) return `The lab used Delve ${version}, on another machine.`;
  if (onPath) return `The lab used Delve ${version}, the ${code('dlv')} of its PATH.`;
  return `The lab used Delve ${version}; here: ${code(delveProgram(delve))}`;
}

/** The Delve that a run's walk through the core typed into; `undefined` where it typed into none. */
export function delveOfWalk(
  { records, on }: Pick<Walk, 'records' | 'on'>,
  version: string,
  delve: DelveUsed | undefined,
): DelveUsed | undefined {
  const program = records
    .flatMap(({ pipeline }) => pipeline)
    .find(([name = '', act]) => act === 'core' && name.startsWith('/'))?.[0];
  if (program === undefined) return undefined;
  if (on !== undefined) return { version, onPath: false };
  if (program === delve?.path) return delve;
  return { version, path: program, onPath: false };
}
