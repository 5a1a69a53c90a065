import { copyFile, mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { buildHung, goTools } from '../hung-program.js';
import { type LabProcess, lab, startLab } from '../lab-process.js';
import { linkedCache } from '../own-cache.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { bomb, compressed, coreWithSegment } from '../unpack/wrapped-files.js';
import { expectRow } from './expect-row.js';
import { labCommand } from './shell.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasTool = async (name: string) =>
  (await execa(name, ['--version'], { reject: false })).code !== 'ENOENT';
const missing: string[] = [];
for (const name of ['zip', 'bzip2', 'zstd', 'xz', 'lz4']) if (!(await hasTool(name))) missing.push(name);
const zeros = Buffer.alloc(64 << 20);
const far = 2 ** 45;

describe('cores in damaged and foreign wrappings', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let exe: string;
  let held: RealCore;
  let env: Record<string, string>;

  before(async function () {
    if (go === undefined || missing.length > 0) return this.skip();
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'service');
    held = await coreOf(exe, go.version, 'delve');
    await linkedCache(folder.file('cache'));
    env = { LAB_CACHE: folder.file('cache') };
  });
  after(async () => {
    await held?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });
  const analyze = (core: string) => lab(['analyze', '--exe', exe, '--core', core], env);
  const left = () => readdir(folder.file('cache/unpacked')).catch(() => []);
  afterEach(async () => {
    if (folder !== undefined) expect(await left()).to.deep.equal([]);
  });

  it('says that what was cut off is cut off', async () => {
    for (const compression of ['gzip', 'zstd', 'xz', 'lz4'] as const) {
      const cut = folder.file(`cut.${compression}`);
      await compressed(held.core, compression, cut);
      await truncate(cut, 100_000);
      expectRow('wrapped-cut', await analyze(cut));
    }
    await copyFile(held.core, folder.file('core'));
    await execa('zip', ['-1', '-q', 'cut.zip', 'core'], { cwd: folder.path });
    await truncate(folder.file('cut.zip'), 100_000);
    expectRow('wrapped-cut', await analyze(folder.file('cut.zip')));
  });

  it('says what is there when there is no core, two of them, or a password', async () => {
    const at = { cwd: folder.path };
    await writeFile(folder.file('a.txt'), 'text');
    await execa('zip', ['-q', 'none.zip', 'a.txt', 'service'], at);
    expectRow('wrapped-no-core', await analyze(folder.file('none.zip')));
    await writeFile(folder.file('text.gz'), gzipSync('text'));
    expectRow('wrapped-no-core', await analyze(folder.file('text.gz')));
    const small = (await coreWithSegment(held.core, 4096)).subarray(0, 65_536);
    for (const name of ['a.core', 'b.core']) await writeFile(folder.file(name), small);
    await execa('tar', ['-czf', 'two.tar.gz', 'a.core', 'b.core'], at);
    expectRow('wrapped-two-cores', await analyze(folder.file('two.tar.gz')));
    await execa('zip', ['-q', '-P', 'secret', 'closed.zip', 'a.core', 'a.txt'], at);
    expectRow('wrapped-encrypted', await analyze(folder.file('closed.zip')));
    await execa('tar', ['--sparse', '--hole-detection=raw', '-cf', 'holes.tar', 'a.core'], at);
    const holes = await analyze(folder.file('holes.tar'));
    if (holes.stderr.includes('tar --sparse')) expect(holes.exitCode).to.equal(64);
  });

  it('names a compression that is not read', async () => {
    await execa('bzip2', ['-k', 'a.core'], { cwd: folder.path });
    expectRow('wrapped-unknown', await analyze(folder.file('a.core.bz2')));
    await writeFile(folder.file('a.core.br'), Buffer.from('0b02806162630a03', 'hex'));
    expectRow('wrapped-unknown', await analyze(folder.file('a.core.br')));
  });

  it('gives up on a bomb', async () => {
    await bomb(await coreWithSegment(held.core, 2 << 20), zeros, 1_000, folder.file('bomb.gz'));
    expectRow('wrapped-bomb', await analyze(folder.file('bomb.gz')));
  });

  it('leaves the disk its reserve', async function () {
    const mounted = folder.file('small-cache');
    await mkdir(mounted);
    const noise = Buffer.alloc(8 << 20);
    for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
    await bomb(await coreWithSegment(held.core, far), noise, 40, folder.file('large.gz'));
    const words = `analyze --exe '${exe}' --core '${folder.file('large.gz')}'`;
    const inside = `mount -t tmpfs -o size=600M none '${mounted}' && LAB_CACHE='${mounted}' ${labCommand} ${words}; code=$?; ls -A '${mounted}/unpacked'; exit $code`;
    const tried = await execa('unshare', ['--mount', 'true'], { reject: false });
    if (tried.exitCode !== 0) return this.skip();
    const ended = await execa('unshare', ['--mount', 'sh', '-c', inside], { reject: false });
    const { exitCode, stdout, stderr } = ended;
    expectRow('wrapped-disk', { exitCode, stdout, stderr });
    expect(stdout).to.equal('');
  });

  it('names the package that unpacks', async () => {
    await mkdir(folder.file('bare'));
    for (const name of ['zstd', 'xz', 'lz4'] as const) {
      const packed = folder.file(`a.core.${name}`);
      await compressed(folder.file('a.core'), name, packed);
      const bare = await lab(['analyze', '--exe', exe, '--core', packed], { ...env, PATH: await onlyNode() });
      expectRow('wrapped-no-tool', bare);
    }
    const words = ['analyze', '--core', 'coredumpctl:1'];
    expectRow('wrapped-no-tool', await lab(words, { ...env, PATH: await onlyNode() }));
  });

  const onlyNode = async () => {
    const bin = folder.file('bare');
    await execa('ln', ['-sf', process.execPath, `${bin}/node`]);
    await execa('ln', ['-sf', '/bin/ls', '/bin/rm', bin]);
    return bin;
  };

  describe('while it unpacks', () => {
    let endless: string;
    before(async () => {
      endless = folder.file('endless.gz');
      await bomb(await coreWithSegment(held.core, far), zeros, 20_000, endless);
    });
    const unpacking = async (where = env): Promise<LabProcess> => {
      const process = startLab(['analyze', '--exe', exe, '--core', endless], where);
      await process.said('MB');
      return process;
    };

    it('is interrupted by Ctrl-C, and leaves nothing', async () => {
      const process = await unpacking();
      expect(await left()).to.have.length(1);
      process.kill('SIGINT');
      expect((await process.ended).exitCode).to.equal(130);
      expect(process.children()).to.deep.equal([]);
    });

    it('leaves nothing for long when it is killed', async () => {
      const process = await unpacking();
      process.kill('SIGKILL');
      await process.ended;
      expect(await left()).to.have.length(1);
      await poll(async () => process.children().length === 0 || undefined, {
        signal,
        deadlineMs: 10_000,
        everyMs: 20,
      });
      await writeFile(folder.file('empty.gz'), gzipSync(''));
      expectRow('wrapped-killed', await analyze(folder.file('empty.gz')));
    });

    it('is cleaned up after by `lab clean`, which asks first and touches nothing of who is alive', async () => {
      // No VM of anybody is in this cache.
      const own = { LAB_CACHE: folder.file('own-cache'), LAB_RUNS: folder.file('no-runs') };
      const rooms = () => readdir(folder.file('own-cache/unpacked'));
      const killed = await unpacking(own);
      killed.kill('SIGKILL');
      await killed.ended;
      const [dead = ''] = await rooms();
      const refused = await lab(['clean'], own);
      expect(refused.exitCode).to.equal(64);
      expect(refused.stderr).to.contain(
        '1 folder of unpacked files that killed commands left would be removed',
      );
      expect(await rooms()).to.deep.equal([dead]);
      const { stdout } = await lab(['clean', '--yes', '--json'], own);
      expect(JSON.parse(stdout)).to.deep.equal({
        removed: [],
        unpacked: [folder.file(`own-cache/unpacked/${dead}`)],
      });
      expect(await rooms()).to.deep.equal([]);
      const alive = await unpacking(own);
      expect(JSON.parse((await lab(['clean', '--yes', '--json'], own)).stdout)).to.deep.equal({
        ...{ removed: [], unpacked: [] },
      });
      expect(await rooms()).to.have.length(1);
      alive.kill('SIGINT');
      await alive.ended;
      expect(await rooms()).to.deep.equal([]);
    });
  });
});
