import { openProgram } from '../program.js';
import { candidates } from './candidates.js';

/**
 * Answers a shell that asks how a command line may go on: for each candidate a line `WORD<TAB>MEANING`, and a line
 * `:files`, `:folders` or `:none` for what the shell shall add of its own. `words` are those behind `lab`, the last
 * one being typed. It never fails: a shell would print that into the line.
 */
export async function answer(words: readonly string[]): Promise<number> {
  try {
    const name = words.slice(0, -1).find((word) => !word.startsWith('-'));
    const { found, more } = await candidates(await openProgram(name), name, words);
    const lines = found.map(({ word, meaning }) => (meaning === undefined ? word : `${word}\t${meaning}`));
    process.stdout.write(`${[`:${more}`, ...lines].join('\n')}\n`);
  } catch {
    process.stdout.write(':files\n');
  }
  return 0;
}
