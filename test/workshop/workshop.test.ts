import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { readClass } from '../../lab/workshop/desk/class.js';
import { processesOf } from '../../lab/workshop/processes.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import type { WorkbookView } from '../../lab/workshop/view.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { lesson, stepOf, visit } from './visit.js';
import { startWorkshop } from './workshop-process.js';

describe('lab workshop', function () {
  this.timeout(90_000);
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it('keeps progress over a restart, and ends on Ctrl-C what it had started, and nothing else', async () => {
    const args = ['--dir', folder.path, '--name', 'ada'];
    const exe = folder.file(`ada/${lesson}/server`);
    const first = await startWorkshop(args);
    const { ask, cookie } = await visit(first);
    await ask('01-build', 'prepare');
    expect(stepOf(await ask('01-build', 'solve'), '01-build')).to.include({ met: true, solved: true });
    await ask('02-start', 'hint');
    expect(stepOf(await ask('02-start', 'solve'), '02-start')?.seen).to.include({ kind: 'met' });
    expect(await processesOf(exe)).to.have.length(1);
    // What a person has started is that person's.
    const own = execa(exe, ['--addr', '127.0.0.1:0', '--pprof-addr', ''], { reject: false });
    expect(await first.interrupt()).to.equal(130);
    try {
      expect((await processesOf(exe)).map(({ pid }) => pid)).to.deep.equal([own.pid]);
    } finally {
      own.kill('SIGTERM');
      await own;
    }

    await using second = await startWorkshop([...args, '--port', new URL(first.url).port]);
    // A page that was left open goes on: same port, same token.
    const answer = await fetch(`${second.url}api/state`, { headers: { cookie } });
    expect(answer.status).to.equal(200);
    const state: WorkbookView = JSON.parse(await answer.text());
    expect(stepOf(state, '01-build')).to.include({ met: true, solved: true, setup: 'done' });
    expect(stepOf(state, '02-start')?.hints).to.have.length(1);
  });

  it('ends what a workbook that was killed had started', async () => {
    const args = ['--dir', folder.path, '--name', 'ada'];
    const exe = folder.file(`ada/${lesson}/server`);
    const first = await startWorkshop(args);
    const { ask } = await visit(first);
    await ask('01-build', 'prepare');
    await ask('01-build', 'solve');
    await ask('02-start', 'solve');
    await first.kill();
    expect(await processesOf(exe)).to.have.length(1);
    await using _second = await startWorkshop(args);
    expect(await processesOf(exe)).to.have.length(0);
  });

  it('serves two people at once, each with ports, folders and servers of their own', async () => {
    const open = (name: string) =>
      startWorkshop(['--dir', folder.path, '--name', name, '--class', folder.file('class')]);
    await using ada = await open('ada');
    await using joerg = await open('Jörg');
    const [a, b] = [await visit(ada), await visit(joerg)];
    await Promise.all([a.ask('01-build', 'prepare'), b.ask('01-build', 'prepare')]);
    await Promise.all([a.ask('01-build', 'solve'), b.ask('01-build', 'solve')]);
    const [x, y] = await Promise.all([a.ask('02-start', 'solve'), b.ask('02-start', 'solve')]);
    for (const view of [x, y]) expect(stepOf(view, '02-start')?.seen).to.include({ kind: 'met' });
    const commandOf = (view: WorkbookView) => stepOf(view, '02-start')?.commands[0]?.run;
    expect(commandOf(x)).to.not.equal(commandOf(y));
    // The one's server is ended; the other's is not touched.
    await a.ask('02-start', 'reset');
    expect(await processesOf(folder.file(`ada/${lesson}/server`))).to.have.length(0);
    expect(stepOf(await b.ask('02-start', 'check'), '02-start')?.seen).to.include({ kind: 'met' });
    const stranger = await fetch(`${joerg.url}api/state`, { headers: { cookie: a.cookie } });
    expect(stranger.status).to.equal(403);

    const seen = await readClass({ folder: folder.file('class'), lessons: await readLessons() });
    expect(seen.seats.map(({ name }) => name)).to.deep.equal(['ada', 'Jörg']);
    expect(seen.seats[1]?.lessons[lesson]?.['02-start']?.state).to.equal('solved');
    const file = await readFile(join(folder.path, 'ada', 'session.json'), 'utf8');
    for (const { name, host } of seen.seats) {
      const shared = await readFile(folder.file(`class/${name}-${host}.standing.json`), 'utf8');
      expect(shared).to.not.contain(JSON.parse(file).token);
    }
  });

  it('refuses a name that is open already, one that is no folder’s, and a lesson that does not exist', async () => {
    await using _open = await startWorkshop(['--dir', folder.path, '--name', 'ada']);
    const attempt = async (...args: string[]) =>
      await execa(
        'node',
        [join(projectRoot, 'dist/scripts/lab.js'), 'workshop', '--dir', folder.path, ...args],
        {
          reject: false,
          timeout: 20_000,
        },
      );
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['--name', 'ada'], /open already[\s\S]*http:\/\/127\S+\/\?token=\S+/],
      [['--name', '../ada'], /cannot be a participant's name/],
      [['--name', 'bob', '--lesson', 'nope'], /choose one of: article/],
      [['--name', 'bob', '--port', 'x'], /port/],
      [['--instructor'], /--class DIR/],
      [['--class', '500'], /1 to 60 participants/],
      [['--class', '2', '--bind', '0.0.0.0'], /add --tls/],
      [
        ['--class', '2', '--bind', '192.0.2.1', '--tls'],
        /no address of this machine[\s\S]*choose one of: 127/,
      ],
      [['--class', '2', '--name', 'bob'], /--names FILE/],
      [['--tls'], /--class 20/],
      [['--cores-only', '--class', folder.file('shared')], /--cores-only is for a class in one process/],
    ];
    for (const [args, says] of refusals) {
      const { exitCode, stderr } = await attempt(...args);
      expect(exitCode, args.join(' ')).to.equal(64);
      expect(stderr).to.match(says);
    }
    expect(existsSync(folder.file('bob/session.json'))).to.equal(false);
  });
});
