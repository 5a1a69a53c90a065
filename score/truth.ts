import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../lab/errors.js';

/** A program of the Go distribution that leaks goroutines, or must not, and what its own test expects of it. */
export interface Program {
  readonly name: string;
  /** Below `src/runtime/testdata`. */
  readonly folder: string;
  /** Its own test runs it on one processor, so that it goes the same way each time. */
  readonly simple: boolean;
  /** Each matches `Function(...) [wait reason]` of a goroutine that may leak; none where nothing may. */
  readonly expected: readonly RegExp[];
}

const testFile = 'src/runtime/goroutineleakprofile_test.go';

/** The programs that the Go at `root` has, in its order; throws `usage` where it has none. */
export async function readTruth(root: string): Promise<readonly Program[]> {
  const text = await readFile(join(root, testFile), 'utf8').catch(() => '');
  const programs = programsIn(text);
  if (programs.length > 0) return programs;
  throw new LabError(`The Go at ${root} has no programs that leak goroutines: no ${testFile} with them`, {
    code: 'usage',
    hint: 'name the folder of Go 1.26 or newer: npm run score -- --go-root /usr/local/go',
  });
}

/** Lists of cases, and the folder that each list's programs are in, as the text of that test has them. */
export function programsIn(text: string): readonly Program[] {
  const lines = text.split('\n').filter((line) => !/^\s*\/\//.test(line));
  const whole = lines.join('\n');
  const folders = new Map<string, string>();
  for (const [, folder = '', list = ''] of whole.matchAll(/runTests\("([^"]+)", (\w+)\)/g))
    folders.set(list, folder);
  const [main = ''] = folders.values();
  const lists = whole.matchAll(/^\t(\w+) := \[\]testCase\{\n(.*?)^\t\}/gms);
  return [...lists].flatMap(([, list = '', body = '']) =>
    [...body.matchAll(/^\t\tmake(Flaky)?Test\("(\w+)",?(.*?)\)(?:,|,\n)$/gms)].map(
      ([, flaky, name = '', patterns = '']): Program => ({
        name,
        folder: folders.get(list) ?? main,
        simple: flaky === undefined,
        expected: [...patterns.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => new RegExp(pattern)),
      }),
    ),
  );
}
