import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { scenarioNamed } from '../../lab/config.js';
import type { LiveEvent } from '../../lab/workshop/live.js';
import type { Lesson } from '../../lab/workshop/read-lessons.js';
import type { WorkbookView } from '../../lab/workshop/view.js';

/** Words that a file's name or a comment must not have. */
const faultWords = [
  'fault',
  'faulty',
  'deadlock',
  'repair',
  'repaired',
  'fixed',
  'bug',
  'hang',
  'hangs',
  'leak',
];

/**
 * Fails where something that a participant can see of a blind exercise names its solution: texts and values of the
 * page, messages and charts, names of files, comments in the sources.
 */
export async function expectNothingGivenAway(
  lesson: Lesson,
  scenario: string,
  view: WorkbookView,
  told: readonly LiveEvent[],
): Promise<void> {
  const shown = view.lessons.find(({ name }) => name === lesson.name);
  const folder = shown?.folder ?? '';
  const words = await wordsOf(lesson, scenario);
  expect(words).to.include(scenario);
  // The choices of a field are all that there are, the right one among them.
  const steps = shown?.steps.map((step) => ({ ...step, fields: step.fields.map(({ label }) => label) }));
  expect(wordsIn(JSON.stringify({ ...shown, steps }), words), 'in texts').to.deep.equal([]);
  expect(wordsIn(JSON.stringify(told), words), 'in messages and charts').to.deep.equal([]);
  const names = (await readdir(folder, { recursive: true })).filter(
    (name) => !/^service\/internal/.test(name),
  );
  expect(names).to.include('service/main.go');
  const apart = names.join(' ').replaceAll(/[/_.]/g, ' ');
  expect(wordsIn(apart, [scenario, ...faultWords]), 'in names of files').to.deep.equal([]);
  expect(wordsIn(await readFile(join(folder, 'env.sh'), 'utf8'), words), 'in env.sh').to.deep.equal([]);
  const { title, subtype, teaches } = scenarioNamed(scenario);
  const sayings = [...faultWords, title, subtype, teaches].filter((word) => word !== 'channel');
  for (const name of names.filter((one) => one.startsWith('service/') && one.endsWith('.go'))) {
    const text = await readFile(join(folder, name), 'utf8');
    expect(wordsIn(text, [`Command ${scenario}`, ...sayings]), name).to.deep.equal([]);
  }
}

/** Fails where a file that the lab keeps next to the folder of a blind exercise has a word of its solution. */
export async function expectNothingBeside(lesson: Lesson, scenario: string, dir: string): Promise<void> {
  const words = await wordsOf(lesson, scenario);
  const beside = join(dir, '.lab', lesson.name);
  const names = (await readdir(beside, { recursive: true })).filter(
    (name) => !/^(?:sources|repair)\b|(?:^|\/)server$/.test(name),
  );
  expect(names).to.have.length.above(0);
  for (const name of names) {
    const text = await readFile(join(beside, name), 'latin1');
    expect(wordsIn(text, words), name).to.deep.equal([]);
  }
}

/** What the solution of a lesson says, and the lesson does not. */
async function wordsOf(lesson: Lesson, scenario: string): Promise<readonly string[]> {
  // What a lesson says of every program alike tells nothing of this one.
  const common = await Promise.all(
    (await readdir(lesson.folder)).map((name) => readFile(join(lesson.folder, name), 'utf8')),
  );
  const texts = common.join('\n').replaceAll(/^scenario: .*$/gm, '');
  return namingWords(scenario).filter((word) => wordsIn(texts, [word]).length === 0);
}

interface Shown {
  readonly name: string;
  readonly intro: string;
  readonly folder: string;
  /** Its texts are those of several programs, and tell of none. */
  readonly blind: boolean;
}

type StepShown = NonNullable<WorkbookView['lessons'][number]['steps'][number]>;

/**
 * Fails where something that a participant can see of a step before it is met has the answer that it asks for: its texts and
 * commands, what the lab has told until then, requests among it, and the names of files.
 */
export async function expectNotAnswered(
  { name, intro, folder, blind }: Shown,
  before: StepShown,
  answers: Readonly<Record<string, string>>,
  told: readonly LiveEvent[],
): Promise<void> {
  const { title, goal, html, commands, fields, predict, action, hintsInAll: _ } = before;
  const texts = { title, goal, html, intro, commands, action, asked: predict?.ask };
  const labels = fields.map(({ label }) => label);
  const files = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const words = Object.entries(answers).flatMap(([field, answer]) => answerWords(field, answer));
  const places = {
    'in texts': blind ? '' : JSON.stringify({ texts, labels }).replaceAll(/\\n|<[^>]*>/g, ' '),
    'in messages, requests and charts': JSON.stringify(told),
  };
  const counts = Object.entries(answers).flatMap(([field, answer]) => (isCount.test(field) ? [answer] : []));
  expect(
    counts.filter((count) => JSON.stringify(told).includes(`${count} goroutines`)),
    `${name}, ${before.id}, counted in messages`,
  ).to.deep.equal([]);
  for (const [where, text] of Object.entries(places)) {
    // Names as they are written: a service that counts does not name `CountS`.
    const found = wordsIn(text, words).filter((word) => text.includes(word));
    expect(found, `${name}, ${before.id}, ${where}`).to.deep.equal([]);
  }
  const apart = files
    // A run of a fleet keeps the program's sources, both twins; the lesson with one does not ask for the repair.
    .filter((file) => !/(?:^|\/)(?:internal|sources)\//.test(file))
    .join(' ')
    .replaceAll(/[/_.]/g, ' ');
  expect(wordsIn(apart, faultWords), `${name}, ${before.id}, in names of files`).to.deep.equal([]);
}

/** Numbers that a message could tell as `92 goroutines`. */
const isCount = /^(?:total|crowd-count|victims|count)$/;
/** Answers that are one of a few which a lesson names: to choose is the question. */
const isChoice = /^(?:wait-reason|file|stuck|waiting)$/;

/** Words that would give an answer away; bare numbers stand everywhere, and a wait is named in what a debugger prints. */
function answerWords(field: string, answer: string): string[] {
  if (isChoice.test(field)) return [];
  const last = answer.replaceAll(/[()*]/g, '').split(/[./]/).at(-1) ?? '';
  return /[a-z]{3}/i.test(last) && !/^0x/.test(last) ? [last] : [];
}

/** What the solution of an exercise with that program says. */
function namingWords(scenario: string): string[] {
  const { name, title, subtype, expect: wanted } = scenarioNamed(scenario);
  const last = (one: string): string => one.replaceAll(/[()*]/g, '').split('.').at(-1) ?? one;
  const { functions, resources, rule = subtype } = wanted;
  return [name, title, subtype, rule, ...functions.map(last), ...resources.map(last)];
}

/** Whole words of a text: `main` is not in `remain`. */
function wordsIn(text: string, words: readonly string[]): string[] {
  return words.filter((word) => {
    const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'i').test(text);
  });
}
