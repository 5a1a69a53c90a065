import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { checkPair } from '../core/elf.js';
import { LabError, messageOf } from '../errors.js';
import { diagnosisFile, keepDiagnosis, keptDiagnosis } from './kept-diagnosis.js';
import type { Place } from './place.js';
import { keptSources } from './program-files.js';

/** The executable of every lesson. */
export const exeName = 'server';

/** The log of a process that SIGQUIT ended, where that is all that there is. */
export const dumpName = 'service.log';

export type CoreHere =
  | { readonly kind: 'found'; readonly file: string; readonly exe: string; readonly core: string }
  | { readonly kind: 'none'; readonly why: string };

/** The newest core of the working folder that belongs to its executable. */
export async function coreIn({ folder, signal }: Pick<Place, 'folder' | 'signal'>): Promise<CoreHere> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^core(?:\.\d+)?$/.test(name));
  if (names.length === 0) return { kind: 'none', why: `there is no core file in ${folder}` };
  const aged = await Promise.all(
    names.map(async (file) => ({ file, at: (await stat(join(folder, file))).mtimeMs })),
  );
  const exe = join(folder, exeName);
  let why = '';
  for (const { file } of aged.sort((a, b) => b.at - a.at)) {
    const core = join(folder, file);
    try {
      await checkPair(exe, core, signal);
      return { kind: 'found', file, exe, core };
    } catch (error) {
      signal.throwIfAborted();
      why = messageOf(error);
    }
  }
  return { kind: 'none', why };
}

export type Evidence =
  | { readonly kind: 'core' | 'dump'; readonly file: string; readonly path: string }
  | { readonly kind: 'none'; readonly why: string };

/** What there is to be diagnosed: a core, else the text of a goroutine dump. */
export async function evidenceIn(place: Pick<Place, 'folder' | 'signal'>): Promise<Evidence> {
  const here = await coreIn(place);
  if (here.kind === 'found') return { kind: 'core', file: here.file, path: here.core };
  const path = join(place.folder, dumpName);
  return existsSync(path) ? { kind: 'dump', file: dumpName, path } : here;
}

const underWay = new Map<string, Promise<Diagnosis>>();

/**
 * The lab's own diagnosis of the core or the dump in the working folder, by which answers are judged; made once for each core.
 * Throws `undecided` when there is no core.
 */
export async function diagnosisOf(place: Place): Promise<Diagnosis> {
  const here = await evidenceIn(place);
  if (here.kind === 'none') throw new LabError(here.why, { code: 'undecided', hint: 'take the core first' });
  const file = await diagnosisFile(place, here.path);
  const going = underWay.get(file);
  if (going !== undefined) return await going;
  const work = (async () => {
    const kept = await keptDiagnosis(file);
    if (kept !== undefined) return kept;
    const made = await place.heavy('work', () =>
      here.kind === 'core' ? ofCore(place, here.path) : ofDump(place, here.path),
    );
    await keepDiagnosis(file, made);
    return made;
  })();
  underWay.set(file, work);
  try {
    return await work;
  } finally {
    underWay.delete(file);
  }
}

/** What an analysis tells on its way, as how many goroutines there are, is what a lesson asks. */
const silent = (): void => {};

// Loaded when needed, as all that takes a while: the first page comes before it.
async function ofCore(place: Place, core: string): Promise<Diagnosis> {
  const { folder, signal } = place;
  const { analyzeCore } = await import('../analysis/analyze-core.js');
  return await analyzeCore({ exe: join(folder, exeName), core, ...sourcesOf(place) }, silent, signal);
}

/** The executable is one that the participant does not have. */
async function ofDump(place: Place, path: string): Promise<Diagnosis> {
  const { vault, signal } = place;
  const [{ analyzeDump }, { dumpsIn }] = await Promise.all([
    import('../analysis/analyze-dump.js'),
    import('../api/parse-dump.js'),
  ]);
  const dump = (await dumpsIn({ dump: path }, signal)).at(-1);
  if (dump === undefined) throw new LabError(`${path} holds no goroutine dump`, { code: 'undecided' });
  return await analyzeDump(
    dump,
    { name: path, exe: join(vault, exeName), ...sourcesOf(place) },
    silent,
    signal,
  );
}

/** A repair in the working folder must not change what the core is said to be. A kit's sources are its own. */
function sourcesOf(place: Place) {
  const to = keptSources(place);
  return existsSync(to) ? { sourceMap: [{ from: place.folder, to }] } : {};
}
