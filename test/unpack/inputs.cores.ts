import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import { hashFile } from '../../lab/sparse-file.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { type GivenInputs, openInputs } from '../../lab/unpack/inputs.js';
import { unpackedFolder } from '../../lab/unpack/room.js';
import { buildHung, goTools } from '../hung-program.js';
import { coreOf, type RealCore } from '../real-core.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { compressed, tarFile } from './wrapped-files.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasTool = async (name: string) =>
  (await execa(name, ['--version'], { reject: false })).code !== 'ENOENT';
const gnu = (await hasTool('objcopy')) && (await hasTool('zip'));

describe('cores and executables as people have them', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let exe: string;
  /** By gdb, which notes where the process had its files. */
  let held: RealCore;
  /** By Delve, which writes a tenth of that. */
  let small: RealCore;
  let hash: string;

  before(async function () {
    if (go === undefined || !gnu) return this.skip();
    if ((await findDelve({ goVersion: go.version, install: false }, signal)) === undefined)
      return this.skip();
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'service');
    held = await coreOf(exe, go.version, 'helper');
    small = await coreOf(exe, go.version, 'delve');
    hash = await hashFile(small.core, signal);
  });
  after(async () => {
    await held?.[Symbol.asyncDispose]();
    await small?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const notes: string[] = [];
  const telling = { onProgress: () => undefined, onNote: (text: string) => notes.push(text) };
  const open = (given: GivenInputs) => openInputs(given, telling, signal);

  /** Opens them and looks; afterwards nothing of it is there. */
  async function opened(
    given: GivenInputs,
    look: (files: { exe: string; core: string; taken: Date | undefined }) => Promise<unknown>,
  ) {
    let paths: string[] = [];
    {
      await using inputs = await open(given);
      paths = [inputs.exe, inputs.core].filter((path) => path.startsWith(unpackedFolder()));
      await look(inputs);
    }
    for (const path of paths) expect(existsSync(path), path).to.equal(false);
  }

  for (const compression of ['gzip', 'zstd', 'xz', 'lz4'] as const) {
    it(`takes a core out of ${compression}, byte for byte and with its holes`, async function () {
      if (!(await hasTool(compression))) return this.skip();
      const packed = folder.file(`dump-${compression}`);
      await compressed(small.core, compression, packed);
      await opened({ exe, core: packed }, async (files) => {
        expect(files.exe).to.equal(exe);
        expect(await hashFile(files.core, signal)).to.equal(hash);
        const { size, blocks, mtimeMs } = await stat(files.core);
        expect(blocks * 512).to.be.lessThan(size / 2);
        expect(Math.abs(mtimeMs - (await stat(packed)).mtimeMs)).to.be.lessThan(1_000);
      });
      await rm(packed);
    });
  }

  it('finds core and executable in what a handler of a cluster writes', async () => {
    const name = 'b7f1-dump-1700000000-host-service-77-6';
    await copyFile(small.core, folder.file(`${name}.core`));
    for (const part of ['dump-info', 'runtime-info', 'pod-info', 'image-info0'])
      await writeFile(folder.file(`${name}-${part}.json`), '{}');
    const members = (await readdir(folder.path)).filter((one) => one.startsWith(name));
    await execa('zip', ['-1', '-q', 'cluster.zip', ...members], { cwd: folder.path });
    await opened({ exe, core: folder.file('cluster.zip') }, async (files) => {
      expect(await hashFile(files.core, signal)).to.equal(hash);
    });
    await execa('zip', ['-1', '-q', 'cluster.zip', 'service'], { cwd: folder.path });
    await opened({ core: folder.file('cluster.zip') }, async (files) => {
      expect(await hashFile(files.exe, signal)).to.equal(await hashFile(exe, signal));
    });
    for (const member of members) await rm(folder.file(member));
  });

  it('finds the executable in a layer of an image, among other programs, whatever they are called', async () => {
    const other = await buildHung(go?.path ?? 'go', folder, 'other', {
      edit: (source) => source.replace('Millisecond', 'Microsecond'),
    });
    const layer = gzipSync(
      await tarFile({
        'bin/true': await readFile('/bin/true'),
        'app/..': await readFile(other),
        a: await readFile(exe),
      }),
    );
    const image = folder.file('image.tar');
    await writeFile(image, await tarFile({ 'index.json': '{}', 'blobs/sha256/77': layer }));
    const packed = folder.file('dump.zst');
    await compressed(small.core, 'zstd', packed);
    await opened({ exe: image, core: packed }, async (files) => {
      expect(await hashFile(files.exe, signal)).to.equal(await hashFile(exe, signal));
    });
  });

  it('finds the executable by its build ID: where the process had it, and in a folder', async () => {
    await opened({ core: held.core }, async (files) => expect(files.exe).to.equal(exe));
    const elsewhere = folder.file('elsewhere/deep');
    await mkdir(elsewhere, { recursive: true });
    await execa('strip', ['-o', join(elsewhere, 'a'), exe]);
    await opened({ exe: folder.file('elsewhere'), core: held.core }, async (files) =>
      expect(files.exe).to.equal(join(elsewhere, 'a')),
    );
    await rename(exe, join(elsewhere, 'z'));
    try {
      await opened({ exe: folder.file('elsewhere'), core: held.core }, async (files) =>
        expect(files.exe).to.equal(join(elsewhere, 'z')),
      );
      const lost = await rejectsWith('usage', open({ core: held.core }));
      expect(lost.message).to.equal(
        `no executable was named, and ${exe}, which the process ran, does not exist here`,
      );
      await copyFile('/bin/true', exe);
      const changed = await rejectsWith('usage', open({ core: held.core }));
      expect(changed.message).to.contain('is not, or cannot be shown to be, of the same build');
    } finally {
      await rename(join(elsewhere, 'z'), exe);
    }
    await rm(folder.file('elsewhere'), { recursive: true });
    const none = await rejectsWith('usage', open({ exe: '/bin', core: held.core }));
    expect(none.message).to.match(/^no executable in \/bin has the build ID of the core/);
  });

  it('asks systemd for the core of a process', async function () {
    const places = { env: { PATH: `${process.env['PATH']}:/usr/lib/systemd:/lib/systemd` }, reject: false };
    const { stdout: journal } = await execa('which', ['systemd-journal-remote'], places);
    const { stdout: ctl } = await execa('which', ['coredumpctl'], places);
    if (journal === '' || ctl === '') return this.skip();
    await compressed(small.core, 'zstd', folder.file('kept.zst'));
    const id = '0123456789abcdef0123456789abcdef';
    const fields = [
      '__REALTIME_TIMESTAMP=1795993000000000\n__MONOTONIC_TIMESTAMP=1000000',
      `_BOOT_ID=${id}\n_MACHINE_ID=${id}\nMESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1\nMESSAGE=dumped`,
      'COREDUMP_PID=4711\nCOREDUMP_UID=0\nCOREDUMP_GID=0\nCOREDUMP_SIGNAL=6\nCOREDUMP_COMM=service',
      `COREDUMP_EXE=${exe}\nCOREDUMP_FILENAME=${folder.file('kept.zst')}\n\n`,
    ];
    await execa(journal, ['-o', folder.file('kept.journal'), '-'], { input: fields.join('\n') });
    await mkdir(folder.file('bin'));
    const script = `#!/bin/sh\nexec ${ctl} --file=${folder.file('kept.journal')} "$@"\n`;
    await writeFile(folder.file('bin/coredumpctl'), script, { mode: 0o755 });
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder.file('bin')}:${path}`;
    try {
      await opened({ exe, core: 'coredumpctl:4711' }, async (files) => {
        expect(await hashFile(files.core, signal)).to.equal(hash);
        expect(files.taken?.getTime()).to.equal(1795993000000);
      });
      const none = await rejectsWith('usage', open({ exe, core: 'coredumpctl:4712' }));
      expect(none.message).to.match(/^coredumpctl gives no core of process 4712: No match/);
    } finally {
      process.env['PATH'] = path;
    }
  });
});
