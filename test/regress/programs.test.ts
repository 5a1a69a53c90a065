import { stat } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { buildPrograms, type ProgramKey, programName } from '../../lab/regress/programs.js';
import { localTarget } from '../../lab/targets/local.js';
import { findGo } from '../../lab/toolchain/go.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('the programs of a regression', function () {
  this.timeout(120_000);
  const before = process.env['LAB_CACHE'];
  afterEach(() => {
    if (before === undefined) delete process.env['LAB_CACHE'];
    else process.env['LAB_CACHE'] = before;
  });

  it('are whole and their own for two regressions that build the same at the same time', async function () {
    const target = localTarget();
    const go = await findGo(target, signal);
    if (go === undefined) this.skip();
    await using cache = await tempFolder();
    process.env['LAB_CACHE'] = cache.path;
    const keys: ProgramKey[] = (['faulty', 'fixed', 'faulty'] as const).map((variant) => ({
      scenario: 'gossip',
      variant,
      go: go.version,
    }));
    const build = (name: string) =>
      buildPrograms(
        keys,
        { target, gos: [go], folder: cache.file(name), jobs: 2, onBuilt: () => {} },
        signal,
      );
    const two = await Promise.all([build('one'), build('other')]);
    const later = await build('later');
    for (const programs of [...two, later]) {
      expect([...programs.keys()]).to.have.members(keys.slice(0, 2).map(programName));
      for (const program of programs.values()) {
        if (program.kind !== 'built') throw program.error;
        // It runs, and says what it wants: it was not half written.
        const { stderr } = await execa(program.server.exe, ['--help'], { reject: false });
        expect(stderr).to.contain('-addr');
      }
    }
    // Both are built side by side, and either may be ready first.
    for (const [name, program] of later) {
      if (program.kind !== 'built') throw program.error;
      const cached = cache.file(`servers/${name}/server`);
      expect((await stat(cached)).ino, name).to.equal((await stat(program.server.exe)).ino);
    }
  });

  it('name the compiler’s words for what cannot be built, and build the rest', async function () {
    const target = localTarget();
    const go = await findGo(target, signal);
    if (go === undefined) this.skip();
    await using cache = await tempFolder();
    process.env['LAB_CACHE'] = cache.path;
    const broken = {
      ...target,
      exec: ((argv, options) =>
        target.exec(
          argv.includes('-tags=fixed') ? [...argv.slice(0, 2), '-nonsense'] : argv,
          options,
        )) as typeof target.exec,
    };
    const keys: ProgramKey[] = [
      { scenario: 'gossip', variant: 'faulty', go: go.version },
      { scenario: 'gossip', variant: 'fixed', go: go.version },
    ];
    const options = { target: broken, gos: [go], folder: cache.file('p'), jobs: 2, onBuilt: () => {} };
    const kinds = [...(await buildPrograms(keys, options, signal)).values()].map((program) =>
      program.kind === 'broken' ? program.error.message : program.kind,
    );
    expect(kinds).to.include('built');
    expect(kinds.find((text) => text !== 'built')).to.match(/go build of gossip failed.*\n.*nonsense/s);
  });
});
