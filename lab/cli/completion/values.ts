import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runsFolder } from '../../paths.js';

export interface Candidate {
  readonly word: string;
  readonly meaning?: string;
}

/** Candidates, and what a shell shall complete by itself beside them. */
export interface Values {
  readonly found: readonly Candidate[];
  readonly more: 'none' | 'files' | 'folders';
}

type Lookup = () => Promise<Values> | Values;

/** What the name between the brackets of an option or argument stands for: `--exe <file>` takes a file. */
const lookups: Readonly<Record<string, Lookup>> = {
  file: () => ({ found: [], more: 'files' }),
  dir: () => ({ found: [], more: 'folders' }),
  'from=to': () => ({ found: [], more: 'folders' }),
  run: async () => ({ found: await runFolders(), more: 'folders' }),
  scenario: async () => ({ found: await scenarioNames(), more: 'none' }),
  glob: async () => ({ found: await scenarioNames(), more: 'none' }),
};

/** The values of an option or argument of that name; those of its own choices when it has some. */
export async function valuesFor(name: string, choices: readonly string[] | undefined): Promise<Values> {
  if (choices !== undefined) return { found: choices.map((word) => ({ word })), more: 'none' };
  return (await lookups[name]?.()) ?? { found: [], more: 'none' };
}

async function scenarioNames(): Promise<Candidate[]> {
  const [{ scenarios }, { fleets }] = await Promise.all([
    import('../../scenarios/index.js'),
    import('../../scenarios/fleets.js'),
  ]);
  return [...scenarios, ...fleets].map(({ name, title }) => ({ word: name, meaning: title }));
}

/** Folders of stored runs, the newest first, as a person in this folder would type them. */
async function runFolders(): Promise<Candidate[]> {
  const folder = runsFolder();
  const names = await readdir(folder).catch(() => []);
  const near = relative(process.cwd(), folder);
  const shown = near === '' || near.startsWith('..') ? folder : near;
  return names
    .filter((name) => /^\d{4}-\d\d-\d\dT\d{6}-/.test(name))
    .sort()
    .reverse()
    .map((name) => ({ word: join(near === '' ? '.' : shown, name) }));
}
