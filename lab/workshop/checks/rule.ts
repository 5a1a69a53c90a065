import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { casesFolder, expectationsFile } from '../acts/cases.js';
import { met, notYet, type Place } from '../place.js';
import { check, word } from '../word.js';

const jqMs = 10_000;
const expectedSchema = z.record(z.string(), z.enum(['accuse', 'spare']));

/**
 * `rule-holds`: the participant's rule, a program for jq, accuses the programs that it should and no other. It is
 * run on every case of the working folder; its output must be one array, empty where nothing is to be said.
 */
export const ruleHolds = word(
  'rule-holds',
  z.strictObject({ file: z.string().refine((name) => name === basename(name)) }),
  ({ file }) =>
    check({
      async look(place) {
        const cases = await readCases(place);
        if (cases.length === 0) return notYet('the cases are not there: prepare the step again');
        const rule = join(place.folder, file);
        if ((await readFile(rule, 'utf8').catch(() => '')).trim() === '')
          return notYet(`there is no rule in ${rule}`);
        const wrong: string[] = [];
        for (const { name, path, expected } of cases) {
          const said = await runRule(place, rule, path);
          if ('error' in said) return notYet(`${file} fails on ${name}: ${said.error}`);
          const accused = said.findings.length > 0;
          if (accused !== (expected === 'accuse')) {
            wrong.push(
              accused ? `${name} is accused and should not be` : `${name} is not accused and should be`,
            );
          }
        }
        return wrong.length === 0
          ? met(`${file} is right in all ${cases.length} cases`)
          : { kind: 'not-yet', text: `${file} is wrong in ${wrong.length} of ${cases.length} cases`, wrong };
      },
      reset: ({ folder }) => rm(join(folder, file), { force: true }),
    }),
);

async function readCases({ folder, vault }: Place) {
  const names = (await readdir(join(folder, casesFolder)).catch(() => [])).filter((name) =>
    name.endsWith('.json'),
  );
  const text = await readFile(join(vault, expectationsFile), 'utf8').catch(() => '{}');
  const expected = expectedSchema.parse(JSON.parse(text));
  return names.sort().flatMap((name) => {
    const verdict = expected[name];
    return verdict === undefined ? [] : [{ name, path: join(folder, casesFolder, name), expected: verdict }];
  });
}

async function runRule({ target, folder, signal }: Place, rule: string, path: string) {
  const argv = ['jq', '--compact-output', '--from-file', rule, path];
  const { exitCode, stdout, stderr, timedOut } = await target.exec(argv, {
    signal,
    cwd: folder,
    timeoutMs: jqMs,
  });
  if (timedOut) return { error: `it does not end within ${jqMs / 1000} s` };
  if (exitCode !== 0) return { error: stderr.trim().split('\n').slice(0, 3).join(' ') };
  try {
    return { findings: z.array(z.unknown()).parse(JSON.parse(stdout)) };
  } catch {
    return { error: 'its output is not one array' };
  }
}
