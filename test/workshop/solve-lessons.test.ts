import { expect } from 'chai';
import { localTarget } from '../../lab/targets/local.js';
import { openEngine } from '../../lab/workshop/engine.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import { openSession } from '../../lab/workshop/session.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const only = process.env['LAB_TEST_LESSON'];
const lessons = (await readLessons()).filter(({ name }) => only === undefined || name.includes(only));

// Every lesson that there is: a new one is covered without a word here.
describe('every lesson', function () {
  this.timeout(120_000);

  const cases = lessons.flatMap((lesson) => lesson.scenario.map((scenario) => ({ lesson, scenario })));
  for (const { lesson, scenario } of cases) {
    describe(lesson.scenario.length === 1 ? lesson.title : `${lesson.title}: ${scenario}`, () => {
      const { signal } = new AbortController();
      let folder: TempFolder;
      let engine: ReturnType<typeof openEngine>;

      before(async () => {
        folder = await tempFolder();
        const session = await openSession(folder.path, 'ada');
        await session.save({ scenarios: { [lesson.name]: scenario } });
        engine = openEngine({ lessons, session, target: localTarget(), tell: () => {}, signal });
      });

      after(async () => {
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
          const fields = Object.fromEntries(step.check.fields.map(({ name }) => [name, '1']));
          await engine.ask({ ...at, verb: 'check', answers: fields });
          expect((await seen())?.seen, 'before').to.include({ kind: 'not-yet' });
          expect((await seen())?.met).to.equal(false);
          await engine.ask({ ...at, verb: 'solve' });
          expect((await seen())?.seen, 'after').to.include({ kind: 'met' });
          expect(await seen()).to.include({ met: true, solved: true });
          // Doing it by hand is the same as having it done.
          await engine.ask({ ...at, verb: 'check', answers: (await seen())?.answers });
          expect((await seen())?.seen, 'again').to.include({ kind: 'met' });
          soFar = true;
        });
      }
    });
  }
});
