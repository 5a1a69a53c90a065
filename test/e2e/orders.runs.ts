import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { localTarget } from '../../lab/targets/local.js';
import { locate } from '../../lab/toolchain/locate.js';
import { orphansOf, startLab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const programs = await locate(localTarget(), 'initdb', ['/usr/lib/postgresql/*/bin'], signal);

/** Folders of servers that programs have started for themselves. */
const serverFolders = async () => (await readdir('/tmp')).filter((name) => name.startsWith('lab-postgres-'));

describe('a scenario with a PostgreSQL of its own', function () {
  this.timeout(240_000);

  for (const twin of [[], ['--fixed']]) {
    it(`ends as expected, and leaves nothing of the server: orders ${twin.join('')}`, async function () {
      if (programs.length === 0) return this.skip();
      const before = await serverFolders();
      await using folder = await tempFolder();
      const running = startLab(['run', 'orders', ...twin, '--json'], { LAB_RUNS: folder.path });
      const { exitCode, stdout, stderr } = await running.ended;
      expect(exitCode, `${stderr}\n${stdout.slice(0, 2_000)}`).to.equal(0);
      const { conclusion } = runRecordSchema.parse(JSON.parse(stdout));
      expect(conclusion).to.deep.include({ verdict: 'confirmed', reasons: [] });
      // The server ends when it sees that the program has: a moment after it.
      await untilGone(before);
      expect(await orphansOf(running)).to.deep.equal([]);
    });
  }

  it('says what to install where there is no PostgreSQL', async function () {
    if (process.getuid?.() !== 0 || programs.length === 0) return this.skip();
    await using folder = await tempFolder();
    // In a namespace of its own the folders of PostgreSQL's programs are empty; elsewhere there are but links to them.
    const folders = new Set(programs.map((path) => path.replace(/\/[^/]+$/, '')));
    const hidden = [...folders].filter((path) => path.startsWith('/usr/lib/postgresql/'));
    const { exitCode, stderr } = await execa(
      'unshare',
      [
        ...['--mount', 'sh', '-c'],
        [...hidden.map((path) => `mount -t tmpfs none ${path}`), 'exec node scripts/lab.mjs run orders'].join(
          ' && ',
        ),
      ],
      { reject: false, env: { LAB_RUNS: folder.path } },
    );
    expect(stderr).to.contain('postgresql is not installed on localhost');
    expect(stderr).to.match(/apt-get install -y postgresql/);
    expect(exitCode).not.to.equal(0);
  });
});

async function untilGone(before: readonly string[]): Promise<void> {
  const isGone = async () => {
    const left = (await serverFolders()).filter((name) => !before.includes(name));
    return left.length === 0 ? true : undefined;
  };
  expect(await poll(isGone, { signal, deadlineMs: 20_000, everyMs: 100 })).to.equal(true);
}
