import { createInterface } from 'node:readline/promises';
import { LabError } from '../errors.js';

/** Asks whether that is to be removed. Throws `usage`, naming the command that does not ask, where there is no terminal. */
export async function confirmed(what: string, otherwise: string, signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new LabError(`${what} would be removed, and there is no terminal to ask on`, {
      code: 'usage',
      hint: `say so: ${otherwise}`,
    });
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`remove ${what}? [y/N] `, { signal });
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}
