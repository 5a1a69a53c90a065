import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { localTarget } from '../../lab/targets/local.js';
import { openEngine } from '../../lab/workshop/engine.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import { openSession } from '../../lab/workshop/session.js';
import { tempFolder } from '../temp-folder.js';

const name = '03-lock-order';
const { signal } = new AbortController();

describe('the repair of a story', function () {
  this.timeout(120_000);

  it('has to build and to bear the story, and changes nothing of what the core is said to be', async () => {
    await using folder = await tempFolder();
    const lessons = await readLessons();
    const session = await openSession(folder.path, 'ada');
    await using engine = openEngine({ lessons, session, target: localTarget(), tell: () => {}, signal });
    const at = { lesson: name, step: '04-mend' };
    const view = async (id: string) => {
      const lesson = (await engine.view()).lessons.find((one) => one.name === name);
      return { lesson, step: lesson?.steps.find((step) => step.id === id) };
    };
    const checked = async () => {
      await engine.ask({ ...at, verb: 'check' });
      return (await view(at.step)).step?.seen;
    };
    await engine.ask({ lesson: name, step: '01-two', verb: 'prepare' });
    const file = join((await view(at.step)).lesson?.folder ?? '', 'transfer', 'transfer.go');
    const came = await readFile(file, 'utf8');

    expect(await checked()).to.include({ kind: 'not-yet', text: 'nothing is changed yet in transfer/' });
    await writeFile(file, came.replace('to.mu.Lock()', 'to.mu.Lck()'));
    const unbuilt = await checked();
    expect(unbuilt).to.include({ kind: 'not-yet', text: 'it does not build' });
    expect(unbuilt?.wrong?.join('\n')).to.match(/transfer\.go:\d+:\d+: .*Lck/);
    // Said, and not done.
    await writeFile(file, came.replace('to.mu.Lock()', '// In order of their numbers.\n\tto.mu.Lock()'));
    expect((await checked())?.text).to.match(/^it builds, and fails still: /);
    await writeFile(
      file,
      came.replace('return errNoMoney', 'return errNoAccount').replace('to.mu.Lock()', 'panic("no")'),
    );
    expect(await checked()).to.include({ kind: 'not-yet' });
    expect((await view(at.step)).step?.changes).to.equal(undefined);

    await engine.ask({ ...at, verb: 'solve' });
    expect((await view(at.step)).step).to.include({ met: true });
    // By the sources as they were: the ones that are here have no fault any more.
    await engine.ask({ lesson: name, step: '02-addresses', verb: 'solve' });
    expect((await view('02-addresses')).step).to.include({ met: true, solved: true });
    await engine.ask({ ...at, verb: 'reset' });
    expect(await readFile(file, 'utf8')).to.equal(came);
  });

  // What the schedule waits for, and what the symptom counts, by a name of the learner's own.
  for (const { lesson: of, renamed } of [
    { lesson: '03-lock-order', renamed: 'transfer' },
    { lesson: '04-leaked-goroutines', renamed: 'ask' },
    { lesson: '07-pool-exhausted', renamed: 'reconcile' },
  ]) {
    it(`of ${of} may give ${renamed} another name, which alone mends nothing`, async () => {
      await using folder = await tempFolder();
      const lessons = await readLessons();
      const session = await openSession(folder.path, 'ada');
      await using engine = openEngine({ lessons, session, target: localTarget(), tell: () => {}, signal });
      const lesson = lessons.find((one) => one.name === of);
      const [first, last] = [lesson?.steps[0]?.id ?? '', lesson?.steps.at(-1)?.id ?? ''];
      const mend = async (verb: 'check' | 'solve' | 'reset') => {
        await engine.ask({ lesson: of, step: last, verb });
        const view = (await engine.view()).lessons.find(({ name: one }) => one === of);
        return { seen: view?.steps.find(({ id }) => id === last)?.seen, folder: view?.folder ?? '' };
      };
      const rename = async (sources: string): Promise<void> => {
        const names = (await readdir(sources)).filter((one) => one.endsWith('.go'));
        let found = 0;
        for (const one of names) {
          const text = await readFile(join(sources, one), 'utf8');
          const call = new RegExp(`(func (?:\\([^)]*\\) )?|[\\s.])${renamed}\\(`, 'g');
          found += text.match(call)?.length ?? 0;
          await writeFile(join(sources, one), text.replace(call, '$1byAnotherName('));
        }
        expect(found, 'its declaration and a call').to.be.at.least(2);
      };
      await engine.ask({ lesson: of, step: first, verb: 'prepare' });
      const { folder: sources } = await mend('reset');
      const own = join(sources, lesson?.scenario[0] ?? '');
      await rename(own);
      expect((await mend('check')).seen, 'not mended').to.include({ kind: 'not-yet' });
      expect((await mend('check')).seen?.text, 'not mended').to.match(/^it builds, and fails still: /);
      expect((await mend('solve')).seen).to.include({ kind: 'met' });
      await rename(own);
      expect((await mend('check')).seen, 'mended').to.include({ kind: 'met' });
    });
  }
});
