import { expect } from 'chai';
import { findBalancer } from '../../lab/fleet/balancer/index.js';
import { localTarget } from '../../lab/targets/local.js';
import { openEngine } from '../../lab/workshop/engine.js';
import type { LiveEvent } from '../../lab/workshop/live.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import { openSession } from '../../lab/workshop/session.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectNotAnswered, expectNothingBeside, expectNothingGivenAway } from './given-away.js';
import { hasTmux, openTerminal, type Terminal } from './terminal.js';

const only = process.env['LAB_TEST_LESSON'];
const lessons = (await readLessons()).filter(({ name }) => only === undefined || name.includes(only));

const tmux = await hasTmux();

/** Types what a step tells to type, as it is told; returns what came. */
async function typed(terminal: Terminal, commands: readonly string[]): Promise<string> {
  const outputs: string[] = [];
  for (const run of commands) {
    // A debugger that is entered has a prompt of its own.
    const enters = /^dlv core [^|]*$/.test(run);
    outputs.push(enters ? await terminal.typeInto(run, '(dlv)') : await terminal.type(run));
    // The lab's own exit code says that there is a deadlock.
    const status = /^lab analyze /.test(run) ? 1 : 0;
    if (enters) await terminal.type('exit');
    else
      expect(await terminal.type('echo "status $?"'), `${run}\n${outputs.at(-1)}`).to.contain(
        `status ${status}`,
      );
  }
  const all = outputs.join('\n');
  expect(all).to.not.match(/not found|No such file|Command failed|[Ee]rror:/);
  return all;
}

/** The place that most goroutines share in a table of `goroutines -group userloc`. */
function crowdIn(printed: string): string | undefined {
  const groups = [...printed.matchAll(/^\S+:\d+ in (\S+)\n(?:.*\n)*?\s+Total: (\d+)$/gm)];
  return groups.sort((a, b) => Number(b[2]) - Number(a[2]))[0]?.[1];
}

// Every lesson that there is: a new one is covered without a word here.
describe('every lesson', function () {
  this.timeout(120_000);

  const cases = lessons.flatMap((lesson) => lesson.scenario.map((scenario) => ({ lesson, scenario })));
  for (const { lesson, scenario } of cases) {
    describe(lesson.scenario.length === 1 ? lesson.title : `${lesson.title}: ${scenario}`, () => {
      const { signal } = new AbortController();
      let folder: TempFolder;
      let engine: ReturnType<typeof openEngine>;
      let terminal: Terminal | undefined;
      const told: LiveEvent[] = [];

      before(async function () {
        const isFleet = lesson.steps.some(({ commands }) =>
          commands.some(({ run }) => / lab run /.test(run)),
        );
        const balancer = await findBalancer(localTarget(), 'haproxy', signal).catch(() => undefined);
        if (isFleet && balancer === undefined) this.skip(); // haproxy is not installed
        folder = await tempFolder();
        const session = await openSession(folder.path, 'ada');
        await session.save({ scenarios: { [lesson.name]: scenario } });
        engine = openEngine({
          lessons,
          session,
          target: localTarget(),
          tell: (event) => told.push(event),
          signal,
        });
      });

      after(async () => {
        await terminal?.[Symbol.asyncDispose]();
        for (const step of lesson.steps.toReversed()) {
          await engine.ask({ lesson: lesson.name, step: step.id, verb: 'reset' });
        }
        await engine[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      });

      let soFar = true;
      for (const step of lesson.steps) {
        it(`${step.id} is not met before it is done, and met by its solution`, async function () {
          // A step rests on those before it: their failures are told once.
          if (!soFar) this.skip();
          soFar = false;
          const at = { lesson: lesson.name, step: step.id };
          const seen = async () => {
            const views = (await engine.view()).lessons.find(({ name }) => name === lesson.name);
            return views?.steps.find(({ id }) => id === step.id);
          };
          await engine.ask({ ...at, verb: 'prepare' });
          if (lesson.blind && step === lesson.steps[0])
            await expectNothingGivenAway(lesson, scenario, await engine.view(), told);
          const before = await seen();
          const toldBefore = [...told];
          const fields = Object.fromEntries(step.check.fields.map(({ name }) => [name, '1']));
          const expected = step.predict?.choices[0];
          if (expected !== undefined)
            await engine.ask({ ...at, verb: 'predict', answers: { prediction: expected } });
          await engine.ask({ ...at, verb: 'check', answers: fields });
          // To judge the answers the lab has made its diagnosis.
          if (lesson.blind && step === lesson.steps[0])
            await expectNothingBeside(lesson, scenario, `${folder.path}/ada`);
          expect((await seen())?.seen, 'before').to.include({ kind: 'not-yet' });
          expect((await seen())?.met).to.equal(false);
          expect((await seen())?.told, 'told before').to.equal(undefined);
          expect((await seen())?.changes, 'shown before').to.equal(undefined);
          // What goes on in another terminal, and what a load does, is typed in article.pages.ts.
          const byHand = !lesson.steps.some((one) => one.commands.some(({ background }) => background));
          if (tmux && byHand) {
            if (terminal === undefined) {
              terminal = await openTerminal(folder.path);
              const view = (await engine.view()).lessons.find(({ name }) => name === lesson.name);
              await terminal.type(`cd ${view?.folder} && . ./env.sh`);
            }
            const printed = await typed(terminal, (await seen())?.commands.map(({ run }) => run) ?? []);
            const crowd = crowdIn(printed);
            if (crowd !== undefined) {
              const answers = { ...fields, 'crowd-function': crowd };
              await engine.ask({ ...at, verb: 'check', answers });
              expect((await seen())?.seen?.fields, crowd).to.not.include('crowd-function');
            }
          }
          await engine.ask({ ...at, verb: 'solve' });
          expect((await seen())?.seen, 'after').to.include({ kind: 'met' });
          expect(await seen()).to.include({ met: true, solved: true });
          expect((await seen())?.told, 'told afterwards').to.match(/\w/);
          const shown = (await engine.view()).lessons.find(({ name }) => name === lesson.name);
          const at1 = {
            name: lesson.title,
            intro: shown?.html ?? '',
            folder: shown?.folder ?? '',
            blind: lesson.blind,
          };
          if (before !== undefined)
            await expectNotAnswered(at1, before, (await seen())?.answers ?? {}, toldBefore);
          // Doing it by hand is the same as having it done.
          await engine.ask({ ...at, verb: 'check', answers: (await seen())?.answers });
          expect((await seen())?.seen, 'again').to.include({ kind: 'met' });
          soFar = true;
        });
      }
    });
  }
});
