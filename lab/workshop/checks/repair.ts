import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { z } from 'zod';
import { hasSurvived } from '../../hang/outcome.js';
import { buildHere } from '../build-here.js';
import { met, notYet, type Place, type Seen } from '../place.js';
import { type ProgramFile, programFiles } from '../program-files.js';
import { playStory } from '../story.js';
import { type Change, check, word } from '../word.js';

const mostComplaints = 8;
/** The line of signs above the names is another tool's. */
const headers = { context: 3, headerOptions: FILE_HEADERS_ONLY };

/**
 * `repair-survives`: the participant's changed sources build, and the program bears what its story does to it. Only
 * the package itself counts, not what it rests on.
 */
export const repairSurvives = word('repair-survives', z.strictObject({}), () =>
  check({
    repairs: true,
    async look(place) {
      const [came, now] = [await ours(place, 'as-is'), await theirs(place)];
      if (now.length === 0) return notYet(`there are no sources in ${join(place.folder, place.package)}`);
      if (patchOf(came, now) === '') return notYet(`nothing is changed yet in ${place.package}/`);
      await mkdir(join(place.vault, 'repair'), { recursive: true });
      const exe = join(place.vault, 'repair', 'server');
      const built = await buildHere(place, exe);
      if (built.kind === 'refused') {
        const words = built.words.split('\n').filter((line) => !line.startsWith('#'));
        return { kind: 'not-yet', text: 'it does not build', wrong: words.slice(0, mostComplaints) };
      }
      return await bears(place, exe);
    },
    async solve(place) {
      await write(place, await ours(place, 'repaired'));
      return {};
    },
    async reset(place) {
      // A step that was never begun has no sources.
      if ((await theirs(place)).length > 0) await write(place, await ours(place, 'as-is'));
    },
    async changes(place): Promise<readonly Change[]> {
      const [came, now] = [await ours(place, 'as-is'), await theirs(place)];
      const own = { title: 'Your repair', text: patchOf(came, now) };
      const lab = { title: 'Our repair', text: patchOf(came, await ours(place, 'repaired')) };
      return own.text === '' || own.text === lab.text ? [lab] : [own, lab];
    },
  }),
);

async function bears(place: Place, exe: string): Promise<Seen> {
  const logFile = join(place.vault, 'repair', 'server.log');
  return await playStory({ ...place, exe, logFile, anyNames: true }, async ({ outcome }) => {
    if (hasSurvived(outcome)) return met(`it builds, and bears what brought it down before: ${outcome.why}`);
    const unfinished = outcome.kind === 'no-hang';
    const what = unfinished
      ? 'it builds, but it does not do its work as before'
      : 'it builds, and fails still';
    // In words that name functions, of a program that is not to be named yet.
    return notYet(place.blind ? what : `${what}: ${outcome.why}`);
  });
}

const inPackage = ({ package: own }: Place, files: readonly ProgramFile[]): ProgramFile[] =>
  files.filter(({ path }) => path.startsWith(`${own}/`));

async function ours(place: Place, as: 'as-is' | 'repaired'): Promise<ProgramFile[]> {
  return inPackage(place, await programFiles(place, as));
}

/** The sources in the working folder as they are now. */
async function theirs({ folder, package: own }: Place): Promise<ProgramFile[]> {
  const root = join(folder, own);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.go'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })),
  );
}

async function write(place: Place, files: readonly ProgramFile[]): Promise<void> {
  const wanted = new Set(files.map(({ path }) => path));
  for (const { path } of await theirs(place)) if (!wanted.has(path)) await rm(join(place.folder, path));
  for (const { path, text } of files) {
    await mkdir(dirname(join(place.folder, path)), { recursive: true });
    await writeFile(join(place.folder, path), text);
  }
}

function patchOf(before: readonly ProgramFile[], after: readonly ProgramFile[]): string {
  const texts = (files: readonly ProgramFile[]) => new Map(files.map(({ path, text }) => [path, text]));
  const [from, to] = [texts(before), texts(after)];
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  return paths
    .filter((path) => from.get(path) !== to.get(path))
    .map((path) => {
      const [before, after] = [from.get(path) ?? '', to.get(path) ?? ''];
      return createTwoFilesPatch(path, path, before, after, '', '', headers);
    })
    .join('\n');
}
