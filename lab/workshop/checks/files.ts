import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { goroutineListSchema } from '../../checklist/walk-parse.js';
import { diagnosisOf } from '../core-here.js';
import { met, notYet, type Place } from '../place.js';
import { check, word } from '../word.js';

/** A file of the working folder itself. */
const fileName = z.string().refine((name) => name === basename(name) && !name.startsWith('.'), 'a file name');

const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(source, 'm');
  } catch (error) {
    context.addIssue({ code: 'custom', message: String(error) });
    return z.NEVER;
  }
});

/** `file-has`: a file of the working folder has a line that matches. */
export const fileHas = word(
  'file-has',
  z.strictObject({ file: fileName, pattern, what: z.string() }),
  ({ file, pattern, what }) =>
    check({
      async look(place) {
        const text = await read(place, file);
        if (text === undefined) return notYet(`there is no file ${file} in ${place.folder}`);
        if (text.trim() === '') return notYet(`${file} is empty`);
        const line = pattern.exec(text)?.[0];
        return line === undefined
          ? notYet(`${file} does not have ${what}`)
          : met(`${file} has ${what}: ${line.trim().slice(0, 160)}`);
      },
      reset: (place) => rm(join(place.folder, file), { force: true }),
    }),
);

/** `goroutine-list`: a file holds Delve's answer with every goroutine of the core in this folder. */
export const goroutineList = word('goroutine-list', z.strictObject({ file: fileName }), ({ file }) =>
  check({
    async look(place) {
      const text = await read(place, file);
      if (text === undefined) return notYet(`there is no file ${file} in ${place.folder}`);
      const list = goroutineListSchema.safeParse(parsed(text));
      if (!list.success) return notYet(`${file} is not Delve's answer to ListGoroutines`);
      const listed = list.data.result.Goroutines.length;
      const { total } = (await diagnosisOf(place)).process.goroutines;
      return listed === total
        ? met(`${file} lists all ${total} goroutines of the core`)
        : notYet(`${file} lists ${listed} goroutines, the core holds ${total}`);
    },
    reset: (place) => rm(join(place.folder, file), { force: true }),
  }),
);

async function read({ folder }: Place, file: string): Promise<string | undefined> {
  return await readFile(join(folder, file), 'utf8').catch(() => undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
