import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { buildGo, type GoProgram, hasGo } from '../go-program.js';
import { lab, startLab } from '../lab-process.js';

const { signal } = new AbortController();

describe('lab facts', function () {
  this.timeout(180_000);
  let program: GoProgram;

  before(async function () {
    if (!(await hasGo()) || !existsSync(join(projectRoot, 'helpers/facts/main.go'))) return this.skip();
    program = await buildGo(join(projectRoot, 'test/fixtures/go/busy'), '.');
    // Built here, once, if it is not there.
    expect((await lab(['facts', '--exe', program.exe])).exitCode).to.equal(0);
  });

  after(async () => await program?.[Symbol.asyncDispose]());

  it('tells lines to people and data to machines', async () => {
    const text = await lab(['facts', '--exe', program.exe, '--quiet']);
    expect([text.exitCode, text.stderr]).to.deep.equal([0, '']);
    expect(text.stdout).to.match(/\S/);
    const json = await lab(['facts', '--exe', program.exe, '--json']);
    expect(json.exitCode, json.stderr).to.equal(0);
    expect(JSON.parse(json.stdout)).not.to.equal(undefined);
  });

  for (const [name, expected] of [
    ['SIGINT', 130],
    ['SIGKILL', undefined],
  ] as const) {
    it(`leaves nothing behind after ${name} in the middle of it`, async () => {
      const run = startLab(['facts', '--exe', program.exe]);
      await run.child(/\/facts-[^/]+\/facts$/);
      run.kill(name);
      const { exitCode } = await run.ended;
      if (expected !== undefined) expect(exitCode).to.equal(expected);
      const none = async () => (run.children().length === 0 ? true : undefined);
      expect(await poll(none, { signal, deadlineMs: 1_000, everyMs: 20 })).to.equal(true);
    });
  }

  it('refuses what cannot be meant before anything is started', async () => {
    const { exe, folder } = program;
    await writeFile(folder.file('text'), 'no program');
    for (const [args, said] of [
      [[], /--exe/],
      [['--exe', folder.file('text')], /text/],
      [['--exe', process.execPath], /does not say which Go built it/],
      [['--exe', exe, '--at', 'main.go'], /FILE:LINE/],
      [['--exe', exe, '--function', 'main.main', '--at', 'main.go:1'], /different things/],
      [['--exe', exe, '--go-root', '/nowhere'], /\/nowhere: it does not exist/],
      [['--exe', exe, '--source-map', 'x'], /FROM=TO/],
    ] as const) {
      const { exitCode, stdout, stderr } = await lab(['facts', ...args]);
      expect([exitCode, stdout], stderr).to.deep.equal([64, '']);
      expect(stderr).to.match(said);
    }
  });

  it('says what is missing where the helper cannot be built', async () => {
    const env = {
      GOPROXY: 'off',
      GOMODCACHE: program.folder.file('none'),
      LAB_CACHE: program.folder.file('cache'),
    };
    const { exitCode, stderr } = await lab(['facts', '--exe', program.exe], env);
    expect(exitCode, stderr).to.equal(69);
    expect(stderr).to.contain('npm run lab -- provision');
    expect(stderr).to.match(/^error: the helper that reads Go sources is not available/m);
  });
});
