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
  // What a lesson says of every program alike tells nothing of this one.
  const common = await Promise.all(
    (await readdir(lesson.folder)).map((name) => readFile(join(lesson.folder, name), 'utf8')),
  );
  const texts = common.join('\n').replaceAll(/^scenario: .*$/gm, '');
  const words = namingWords(scenario).filter((word) => wordsIn(texts, [word]).length === 0);
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
