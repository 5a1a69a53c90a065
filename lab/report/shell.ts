import { basename, isAbsolute, relative } from 'node:path';
import { quoteWord } from '../quote-word.js';
import type { CommandRecord } from '../store/command-record.js';

/**
 * A recorded command as a person types it: programs by their names, files of the run's folder relative to
 * it, pipes and redirections, in a subshell when its working folder is another. What was typed into the program is not part of it.
 */
export function commandLine(record: CommandRecord, dir: string): string {
  const short = (word: string): string => {
    if (!isAbsolute(word)) return word;
    const path = relative(dir, word);
    return path === '' ? '.' : path.startsWith('..') || isAbsolute(path) ? word : path;
  };
  const program = (word: string): string => {
    const path = short(word);
    if (isAbsolute(path)) return basename(path);
    return path === word || path.includes('/') ? path : `./${path}`;
  };
  const parts = record.pipeline.map(([first = '', ...rest]) =>
    [program(first), ...rest.map(short)].map(quoteWord).join(' '),
  );
  const target = record.stdoutFile === undefined ? '' : ` > ${quoteWord(short(record.stdoutFile))}`;
  const line = `${parts.join(' | ')}${target}${record.background === true ? ' &' : ''}`;
  const { cwd } = record;
  return cwd === undefined || relative(dir, cwd) === '' ? line : `(cd ${quoteWord(cwd)} && ${line})`;
}

/** A command that shows a claim, behind the prompt that it is typed at: Delve's, or the shell's where it is about a text. */
export const prompted = (command: string): string =>
  /^(?:grep|sed) /.test(command) ? `$ ${command}` : `(dlv) ${command}`;
