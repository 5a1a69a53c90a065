import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';

/**
 * One word for a POSIX shell, whatever it holds: newlines, quotes, `$`, backslashes, nothing. The only character
 * that no process can be handed is NUL.
 */
export function quote(word: string): string {
  if (word.includes('\0')) {
    throw new LabError('an argument holds a NUL character', { code: 'internal' });
  }
  return quoteWord(word);
}

/**
 * The line that the login shell of the target runs: the script by `/bin/sh` in that very process, so that its exit
 * status and signal are the ones that the SSH server reports.
 */
export function shellLine(script: string, args: readonly string[]): string {
  return ['exec', '/bin/sh', '-c', script, 'lab', ...args].map(quote).join(' ');
}

/** Assignments for `export`. Throws `internal` for a name that no shell takes. */
export function exports(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw new LabError(`${name} is no name for an environment variable`, { code: 'internal' });
      }
      return `export ${name}=${quote(value)}\n`;
    })
    .join('');
}
