import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { scenarioNamed } from '../config.js';
import { LabError, messageOf } from '../errors.js';
import { projectRoot } from '../paths.js';
import { acts } from './acts/index.js';
import { checks } from './checks/index.js';
import { type Matter, readFrontMatter } from './front-matter.js';
import { type Call, type LessonHead, lessonHeadSchema, type StepHead, stepHeadSchema } from './lesson.js';
import { placeholders, strangePlaceholder } from './text.js';
import { type Act, type Check, Misworded, type Word } from './word.js';

export interface Step extends Omit<StepHead, 'check' | 'setup' | 'action'> {
  /** The file's name without `.md`. */
  readonly id: string;
  /** Before it is done, and once it is. */
  readonly body: string;
  readonly told: string;
  readonly check: Check;
  readonly setup?: Act;
  /** The word for it. */
  readonly setupKind?: string;
  readonly action?: { readonly label: string; readonly act: Act };
}

export interface Lesson extends LessonHead {
  /** The folder's name; of a lesson that came with a kit, that of the kit's folder. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly body: string;
  readonly steps: readonly Step[];
}

/** Where the project's own lessons lie. */
export const lessonsFolder = join(projectRoot, 'workshop', 'lessons');

/**
 * Every lesson of a folder, in the order of the folders' names, or the one that the folder itself is. Throws `usage`,
 * of a mistake in a lesson naming file and line.
 */
export async function readLessons(folder = lessonsFolder): Promise<readonly Lesson[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    const why = existsSync(folder) ? `${folder} cannot be read as a folder` : `there is no folder ${folder}`;
    throw new LabError(why, { code: 'usage', hint: 'name the folder of a lesson', cause });
  });
  if (entries.some(({ name }) => name === 'lesson.md')) return [await readLesson(folder)];
  // A folder may hold others that have nothing to do with lessons.
  const names = entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'lesson.md')))
    .map(({ name }) => name);
  return await Promise.all(names.sort().map((name) => readLesson(join(folder, name))));
}

/** The folder's name in every kit. */
const lessonOfKit = 'lesson';

async function readLesson(folder: string): Promise<Lesson> {
  const file = join(folder, 'lesson.md');
  const matter = readFrontMatter(file, await readFile(file, 'utf8'), lessonHeadSchema);
  for (const name of matter.head.scenario) {
    try {
      scenarioNamed(name);
    } catch (error) {
      throw matter.fault('scenario', messageOf(error));
    }
  }
  const names = (await readdir(folder)).filter((name) => /^\d\d-[\w-]+\.md$/.test(name)).sort();
  if (names.length === 0) {
    throw new LabError(`${folder} has no steps`, { code: 'usage', hint: 'write the first one: 01-start.md' });
  }
  const steps = await Promise.all(names.map((name) => readStep(join(folder, name))));
  const own = basename(folder);
  const name = own === lessonOfKit ? basename(dirname(folder)) : own;
  return { ...matter.head, name, folder, body: matter.body, steps };
}

async function readStep(file: string): Promise<Step> {
  const matter = readFrontMatter(file, await readFile(file, 'utf8'), stepHeadSchema);
  const { check, setup, action, ...head } = matter.head;
  const step: Step = {
    ...head,
    id: basename(file, '.md'),
    ...parted(matter.body),
    check: understood(matter, 'check', check, checks),
    ...(setup === undefined
      ? {}
      : { setup: understood(matter, 'setup', setup, acts), setupKind: setup.kind }),
    ...(action === undefined
      ? {}
      : { action: { label: action.label, act: understood(matter, 'action', action.act, acts) } }),
  };
  const texts = {
    goal: step.goal,
    title: step.title,
    commands: [...step.commands, ...step.solution].map(({ run }) => run).join('\n'),
  };
  for (const [key, text] of Object.entries({
    ...texts,
    hints: step.hints.join('\n'),
    body: step.body,
    told: step.told,
  })) {
    const strange = strangePlaceholder(text);
    if (strange !== undefined)
      throw matter.fault(key, `${strange} means nothing; there are ${placeholders.join(', ')}`);
    if (key !== 'told' && text.includes('{{scenario}}'))
      throw matter.fault(key, '{{scenario}} names the solution; it may stand below "# Afterwards" only');
  }
  if (step.predict !== undefined && !step.predict.choices.includes(step.predict.right))
    throw matter.fault('predict', 'predict.right is none of predict.choices');
  if (step.solve === 'commands' && step.commands.length === 0) {
    throw matter.fault('solve', 'there are no commands to solve it by');
  }
  if (step.solve === 'action' && action === undefined) throw matter.fault('solve', 'there is no action');
  if (step.solve === 'answers' && step.check.fields.length === 0) {
    throw matter.fault('solve', 'its check asks for no answers');
  }
  if (step.solve === 'repair' && step.check.repairs !== true) {
    throw matter.fault('solve', 'its check asks for no repair');
  }
  return step;
}

/** What stands below the line `# Afterwards` is told when the step is done, and to nobody before. */
function parted(text: string): Pick<Step, 'body' | 'told'> {
  const [body = '', ...told] = text.split(/^# Afterwards[ \t]*\r?\n/m);
  return { body, told: told.join('') };
}

function understood<T>(matter: Matter<unknown>, key: string, call: Call, words: readonly Word<T>[]): T {
  const meant = words.find(({ kind }) => kind === call.kind);
  if (meant === undefined) {
    const known = words.map(({ kind }) => kind).join(', ');
    throw matter.fault(key, `there is no ${key} ${JSON.stringify(call.kind)}; choose one of: ${known}`);
  }
  try {
    return meant.parse(call);
  } catch (error) {
    if (error instanceof Misworded) throw matter.fault(key, error.message);
    throw error;
  }
}
