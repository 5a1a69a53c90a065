import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { AnalyzeOptions, LookInput } from '../api/inputs.js';
import { lastOf, looksOf } from '../api/look.js';
import type { Look } from '../compare/model.js';
import { LabError } from '../errors.js';
import type { Folders } from './folders.js';

/** What a tool is asked to look at. */
export const lookShape = {
  core: z.string().min(1).optional().describe('a core file; exe is needed with it'),
  exe: z.string().min(1).optional().describe('the executable of the process'),
  dump: z.string().min(1).optional().describe('a file with a goroutine dump, in place of a core'),
};
const lookSchema = z.object(lookShape);
export type LookRequest = z.infer<typeof lookSchema>;

export interface Diagnoses {
  /** A look at one moment: the core, or the last dump of the file. */
  look(asked: LookRequest, options: AnalyzeOptions): Promise<Look>;
  /** Each of them as an input whose files may be read. */
  inputOf(asked: LookRequest): Promise<LookInput>;
}

/** Of so many files a diagnosis is kept: questions about one file come one after another. */
const mostKept = 4;

/** Diagnoses of files in these folders, kept as long as the files stay as they are. */
export function openDiagnoses(folders: Folders): Diagnoses {
  const kept = new Map<string, Promise<Look>>();
  const inputOf = async ({ core, exe, dump }: LookRequest): Promise<LookInput> => {
    if ((core === undefined) === (dump === undefined))
      throw usage('a core or a dump is needed, and only one of them');
    const program = exe === undefined ? {} : { exe: await folders.file(exe) };
    if (dump !== undefined) return { dump: await folders.file(dump), ...program };
    // Without it the core would be asked where it lay, which may be anywhere.
    if (exe === undefined) throw usage('exe is needed: the executable of the process that the core is of');
    return { core: await folders.file(core ?? ''), ...program };
  };
  return {
    inputOf,
    async look(asked, options) {
      const input = await inputOf(asked);
      const key = await stateOf(input);
      const known = kept.get(key);
      if (known !== undefined) return await known;
      const made = looksOf(input, options).then(lastOf);
      kept.set(key, made);
      made.catch(() => kept.delete(key));
      for (const old of [...kept.keys()].slice(0, -mostKept)) kept.delete(old);
      return await made;
    },
  };
}

async function stateOf(input: LookInput): Promise<string> {
  const files = Object.values(input).filter((value): value is string => typeof value === 'string');
  const seen = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return [file, size, mtimeMs];
    }),
  );
  return JSON.stringify([Object.keys(input), seen]);
}

const usage = (message: string): LabError =>
  new LabError(message, { code: 'usage', hint: 'name a core and its exe, or a dump' });
