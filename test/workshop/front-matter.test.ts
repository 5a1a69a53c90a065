import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { scenarioNamed } from '../../lab/config.js';
import { withoutHints } from '../../lab/workshop/program-files.js';
import { lessonsFolder, readLessons } from '../../lab/workshop/read-lessons.js';
import { rendered } from '../../lab/workshop/text.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const step = '01-article/02-start.md';

/** The project's lessons with one text of one of them exchanged. */
async function readWith(file: string, from: string | RegExp, to: string) {
  await using folder = await tempFolder();
  await cp(lessonsFolder, folder.path, { recursive: true });
  const path = join(folder.path, file);
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  return await readLessons(folder.path);
}

describe('lessons as folders of Markdown', function () {
  this.timeout(20_000);

  it('are read in the order of their names, with hints and a way to be solved', async () => {
    const lessons = await readLessons();
    expect(lessons.map(({ name }) => name)).to.deep.equal(lessons.map(({ name }) => name).sort());
    for (const { steps } of lessons) {
      for (const one of steps) expect(one.hints.length, one.id).to.be.greaterThan(1);
    }
  });

  const mistakes: readonly (readonly [string, string, string | RegExp, string, RegExp])[] = [
    [
      'a check that does not exist',
      step,
      'kind: server-runs',
      'kind: server-flies',
      /02-start\.md:15: there is no check "server-flies"; choose one of: .*server-runs/,
    ],
    [
      'a parameter that a check does not know',
      step,
      'kind: server-runs',
      'kind: server-runs, speed: 3',
      /02-start\.md:15: server-runs: there is no parameter speed$/,
    ],
    ['a word of the head that is not known', step, 'minutes: 2', 'minute: 2', /02-start\.md:\d+: .*minute/],
    ['a number that is none', step, 'minutes: 2', 'minutes: two', /02-start\.md:4: minutes: /],
    ['front matter that is no YAML', step, 'title: Start it', 'title: [Start', /02-start\.md:\d+: /],
    ['no front matter', step, /^---/, '# Start', /02-start\.md:1: a front matter/],
    [
      'a placeholder that means nothing',
      step,
      '{{path}}',
      '{{pth}}',
      /02-start\.md:3: \{\{pth\}\} means nothing/,
    ],
    [
      'a solution by answers where none are asked',
      step,
      'solve: commands',
      'solve: answers',
      /02-start\.md:\d+: its check asks for no answers/,
    ],
    [
      'a scenario that does not exist',
      '01-article/lesson.md',
      'scenario: blog',
      'scenario: blug',
      /lesson\.md:4: there is no scenario "blug"/,
    ],
    [
      'an act that does not exist',
      '01-article/01-build.md',
      'kind: sources',
      'kind: spells',
      /01-build\.md:12: there is no setup "spells"/,
    ],
    [
      'a fact that does not exist',
      '01-article/10-table.md',
      'fact: crowd-count',
      'fact: crowd-mood',
      /10-table\.md:\d+: answer: ask\[2\]\.fact takes .* or [\w-]+, not crowd-mood$/,
    ],
    [
      'a pattern that is none',
      '01-article/04-curl.md',
      'with 0 bytes received',
      '(',
      /04-curl\.md:\d+: file-has: /,
    ],
    [
      'a file of another folder',
      '01-article/04-curl.md',
      'file: curl.txt',
      'file: ../curl.txt',
      /04-curl\.md:\d+: file-has: file: .*file name/,
    ],
  ];
  for (const [what, file, from, to, says] of mistakes) {
    it(`name file and line of ${what}`, async () => {
      expect((await rejectsWith('usage', readWith(file, from, to))).message).to.match(says);
    });
  }

  it('bring no HTML of their own into the page', () => {
    const html = rendered('<script>alert(1)</script> <b>x</b> [a](javascript:alert(1)) **bold**');
    expect(html).to.not.match(/<script|<b>|href="javascript/);
    expect(html).to.contain('<strong>bold</strong>');
    expect(rendered('```\n<pre>\n```'), 'scrolled by keyboard').to.match(
      /^<pre tabindex="0"><code>&lt;pre&gt;/,
    );
  });

  it('give a participant sources that do not tell the fault', async () => {
    const source =
      '//go:build !fixed\n\npackage main\n\n// Save saves.\n//\n// The fault: it does not.\n// At all.\nfunc Save() {\n\t// here\n}\n';
    expect(withoutHints(source)).to.equal('package main\n\n// Save saves.\nfunc Save() {\n\t// here\n}\n');
  });

  it('ask in each step for an answer, a repair, a rule or an expectation, and explain afterwards', async () => {
    for (const { name, steps } of await readLessons()) {
      for (const { id, check, predict, solution, told } of steps) {
        const asks = check.fields.length > 0 || check.repairs === true || predict !== undefined;
        expect(asks || solution.length > 0, `${name}/${id}`).to.equal(true);
        expect(told.trim(), `${name}/${id}`).to.not.equal('');
      }
    }
  });

  it('do not answer before they ask, neither in a step nor in those before it', async () => {
    for (const { name, title, goal, body, steps, scenario } of await readLessons()) {
      const { class: kind, subtype, expect: wanted } = scenarioNamed(scenario[0] ?? '');
      const last = (one: string): string => one.replaceAll(/[()*]/g, '').split('.').at(-1) ?? one;
      const answers: Readonly<Record<string, readonly string[]>> = {
        function: wanted.functions.map(last),
        object: wanted.resources.map(last),
        class: [kind],
        // A story of channels has to speak of channels.
        subtype: subtype === 'channel' ? [] : [subtype],
      };
      const before: string[] = [title, goal, body];
      const given = new Set<string>();
      for (const step of steps) {
        const { predict, commands } = step;
        before.push(step.title, step.goal, step.body, predict?.ask ?? '', ...commands.map(({ run }) => run));
        for (const field of step.check.fields) {
          for (const word of answers[field.name] ?? []) {
            if (given.has(word)) continue;
            const said = before.find((text) => new RegExp(`(?<![\\w/-])${word}(?![\\w/.-])`, 'i').test(text));
            expect(said, `${name}/${step.id} is to find ${word}`).to.equal(undefined);
            given.add(word);
          }
        }
      }
    }
  });
});
