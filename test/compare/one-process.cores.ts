import { existsSync } from 'node:fs';
import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { gcore } from '../../lab/capture/gcore.js';
import type { Comparison } from '../../lab/compare/model.js';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { localTarget } from '../../lab/targets/local.js';
import { unpackedFolder } from '../../lab/unpack/room.js';
import { goBuild } from '../go-build.js';
import { goTools, startHung } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { compressed } from '../unpack/wrapped-files.js';

const { signal } = new AbortController();
const fixture = resolve(projectRoot, 'test/fixtures/go/looks');

describe('looks at a process of which a part hangs', function () {
  this.timeout(240_000);
  let folder: TempFolder;
  let exe: string;
  let files: readonly string[];

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined || (await execa('gcore', [], { reject: false })).code === 'ENOENT')
      return this.skip();
    folder = await tempFolder();
    exe = folder.file('server');
    await goBuild({ go: go.path, module: fixture, exe });
    files = [folder.file('dump.1'), folder.file('dump.2'), folder.file('core')];
    const program = await startHung(exe, folder, signal, [folder.file('dump')]);
    try {
      const { pid } = program.identity;
      const [logName = ''] = (await readdir(folder.path)).filter((name) => name.startsWith('log-'));
      const log = folder.file(logName);
      const ask = async (name: NodeJS.Signals, answer: string): Promise<void> => {
        process.kill(pid, name);
        const said = await poll(async () => (await readFile(log, 'utf8')).includes(answer) || undefined, {
          ...{ signal, deadlineMs: 20_000, everyMs: 10 },
        });
        if (said === undefined) throw new Error(`${exe} never said: ${answer}`);
      };
      await ask('SIGUSR2', 'dumps 1');
      await ask('SIGUSR1', 'readers 19');
      await ask('SIGUSR2', 'dumps 2');
      await ask('SIGUSR1', 'readers 26');
      const target = localTarget();
      await gcore.capture({ target, pid, file: folder.file('core.part'), goVersion: go.version }, signal);
      await rename(folder.file('core.part'), folder.file('core'));
    } finally {
      await program.kill('SIGKILL');
      await program[Symbol.asyncDispose]();
    }
  });
  after(async () => {
    await folder?.[Symbol.asyncDispose]();
  });

  it('names the place that hangs first, and only what belongs to it', async () => {
    // In another order than they were taken.
    const [first = '', second = '', core = ''] = files;
    const page = folder.file('page.html');
    const args = ['compare', core, first, second, '--exe', exe, '--html', page, '--json'];
    const { exitCode, stdout, stderr } = await lab(args);
    expect(exitCode, stderr).to.equal(1);
    const { looks, groups, suspects, summary, limits } = JSON.parse(stdout) as Comparison;
    expect(looks.map(({ kind }) => kind)).to.deep.equal(['dump', 'dump', 'core']);
    expect(limits).to.deep.equal([]);
    const named = suspects.map(({ group }) => groups.find(({ id }) => id === group));
    expect(named.map((group) => group?.place.function)).to.deep.equal([
      ...['main.(*feed).latest', 'main.(*feed).publish'],
    ]);
    expect(named[0]).to.deep.include({
      counts: [12, 19, 26],
      unmoved: 12,
      came: 14,
      went: 0,
      outlook: 'stuck',
    });
    expect(named[1]).to.deep.include({ counts: [1, 1, 1], unmoved: 1, object: 'main.feed.out' });
    expect(summary).to.match(
      /^12 of 12 goroutines at main\.feed\.mu, in main\.\(\*feed\)\.latest \(main\.go:\d+, sync\.Mutex\.Lock\), did not move in [\d.]+ s; 14 more came\.$/,
    );
    const workers = groups.find(({ place }) => place.function === 'main.work');
    expect(workers).to.deep.include({ counts: [4, 4, 4] });
    expect(groups.filter(({ stack }) => stack.length === 0)).to.deep.equal([]);
    expect((await stat(page)).size).to.be.within(10_000, 200_000);
    expect(await readFile(page, 'utf8')).to.contain(summary);
  });

  it('takes the core out of its wrapping, with the executable beside it, and leaves nothing behind', async () => {
    const [first = '', , core = ''] = files;
    const rooms = async () => (await readdir(unpackedFolder()).catch(() => [])).sort();
    const before = await rooms();
    const plain = await lab(['compare', first, core, '--exe', exe, '--json']);
    const packed = folder.file('core.packed');
    await compressed(core, 'zstd', packed);
    await execa('bash', ['-c', 'tar --format=posix -cf - core server | zstd -1 -q -o dump'], {
      cwd: folder.path,
    });
    const byZstd = await lab(['compare', first, packed, '--exe', folder.path, '--json']);
    const byTar = await lab(['compare', folder.file('dump'), first, '--json']);
    const compared = ({ stdout }: typeof plain) => {
      const { looks, groups } = JSON.parse(stdout) as Comparison;
      return { groups, kinds: looks.map(({ kind }) => kind) };
    };
    expect(byTar.exitCode, byTar.stderr).to.equal(1);
    expect(compared(byTar)).to.deep.equal(compared(plain));
    expect(byZstd.exitCode, byZstd.stderr).to.equal(1);
    expect(compared(byZstd)).to.deep.equal(compared(plain));
    expect((JSON.parse(byZstd.stdout) as Comparison).looks[1]?.name).to.equal(packed);
    // Others of this machine may unpack something meanwhile; what nobody alive has made was left.
    const added = (await rooms()).filter((name) => !before.includes(name));
    expect(added.filter((name) => !existsSync(`/proc/${name.split('-')[2]}`))).to.deep.equal([]);
  });

  it('reads a dump out of gzip as a dump', async () => {
    const [first = '', second = ''] = files;
    await compressed(second, 'gzip', folder.file('second.gz'));
    const { stdout, stderr } = await lab([
      'compare',
      first,
      folder.file('second.gz'),
      '--exe',
      exe,
      '--json',
    ]);
    expect(
      (JSON.parse(stdout) as Comparison).looks.map(({ kind }) => kind),
      stderr,
    ).to.deep.equal([...['dump', 'dump']]);
  });

  it('says the same for a terminal', async () => {
    const { stdout } = await lab(['compare', ...files, '--exe', exe]);
    expect(stdout.replaceAll(/\s+/g, ' ')).to.match(
      /C1 12 of 12 goroutines at main\.feed\.mu.* 14 more came\./,
    );
    expect(stdout).to.match(/^C1 +12 +19 +26 +12 +14 +0 {2}main\.\(\*feed\)\.latest main\.go:/m);
  });
});
