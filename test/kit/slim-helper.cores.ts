import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findDelve } from '../../lab/toolchain/index.js';
import { twoBuilds } from '../fixture-program.js';
import { goBuild } from '../go-build.js';
import { askedGos, goTools, startHung } from '../hung-program.js';
import { tempFolder } from '../temp-folder.js';
import { coresOfOne, expectSameOfAll } from './stopped-cores.js';

const fixtures = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go');
const { signal } = new AbortController();
const gos = await goTools(signal);
const asked = await askedGos();

/** Situations of each kind of diagnosis, of none, and of programs that are healthy. */
const situations = {
  channels: ['self-consumer', 'rescued'],
  locks: ['double-lock', 'ab-ba', 'rwr', 'leaked', 'channel-lock'],
  patterns: ['forgotten-close', 'first-result', 'abandoned-pool', 'cond-and-channel'],
  healthy: ['only-timers', 'after-func'],
} as const;

interface Build {
  readonly go: { readonly path: string; readonly version: string };
  readonly fixture: string;
  readonly flags: readonly string[];
}

async function check({ go, fixture, flags }: Build, situation: string, canSlim = true): Promise<boolean> {
  if ((await findDelve({ goVersion: go.version, install: false }, signal)) === undefined) return false;
  await using folder = await tempFolder();
  const exe = folder.file('server');
  await goBuild({ go: go.path, module: resolve(fixtures, fixture), exe, flags });
  await using program = await startHung(exe, folder, signal, [situation]);
  try {
    const cores = await coresOfOne(program.identity.pid, go.version, folder, { canSlim });
    await expectSameOfAll(cores);
  } finally {
    await program.kill('SIGKILL');
  }
  return true;
}

describe('a core that the helper takes without data', function () {
  this.timeout(180_000);

  for (const { go, flags } of twoBuilds(gos)) {
    for (const [fixture, names] of Object.entries(situations)) {
      for (const situation of names) {
        it(`gives the diagnosis of the whole one: ${fixture}, ${situation}, ${go.version} ${flags.join(' ')}`, async function () {
          if (!(await check({ go, fixture, flags }, situation))) this.skip();
        });
      }
    }
  }

  for (const go of gos.slice(0, 1)) {
    it('may be of a program at work, as it is scrubbed', async function () {
      if (!(await check({ go, fixture: 'locks', flags: [] }, 'contended', false))) this.skip();
    });

    it('may be of a program that is loaded anywhere', async function () {
      if (!(await check({ go, fixture: 'locks', flags: ['-buildmode=pie'] }, 'ab-ba'))) this.skip();
    });

    it('may be of a stripped program, which is scrubbed and not slimmed', async function () {
      if (!(await check({ go, fixture: 'locks', flags: ['-ldflags=-s -w'] }, 'ab-ba', false))) this.skip();
    });
  }

  for (const go of asked) {
    it(`may be of ${go.version}, which is asked for`, async () => {
      expect(await check({ go, fixture: 'locks', flags: [] }, 'ab-ba')).to.equal(true);
    });
  }
});
