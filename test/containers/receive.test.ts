import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import { receiveCore } from '../../lab/containers/receive.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const server = randomBytes(200_000);
/** Data, a hole of 20 MB, data. */
const core = Buffer.concat([randomBytes(50_000), Buffer.alloc(20 << 20), randomBytes(70_001)]);
const account = Buffer.from('{"event":"done"}');

type Entry = readonly [name: string, bytes: Buffer];
const whole: readonly Entry[] = [
  ['server', server],
  ['core', core],
  ['capture.json', account],
];

async function archive(entries: readonly Entry[], type: 'file' | 'symlink' = 'file'): Promise<Buffer> {
  const tar = pack();
  for (const [name, bytes] of entries) {
    if (type === 'symlink') tar.entry({ name, type, linkname: '/etc/passwd' });
    else tar.entry({ name, mode: 0o600 }, bytes);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts), { level: 1 });
}

/** A stream in pieces as a pipe gives them. */
const streamOf = (bytes: Buffer, piece = 65_536): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    })(),
  );

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a core that comes home as a stream', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  let count = 0;

  before(async () => {
    folder = await tempFolder();
  });

  after(async () => {
    await folder?.[Symbol.asyncDispose]();
  });

  async function empty(): Promise<string> {
    const path = folder.file(`in-${++count}`);
    await mkdir(path);
    return path;
  }

  it('is written as it was, with its holes, for its owner alone', async () => {
    const dir = await empty();
    const packed = await archive(whole);
    const received = await receiveCore(streamOf(packed), dir, signal);
    expect(core.equals(await readFile(received.core.path))).to.equal(true);
    expect(server.equals(await readFile(received.server.path))).to.equal(true);
    expect(received.core).to.include({ sha256: sha256(core), size: core.length });
    expect(received.server.sha256).to.equal(sha256(server));
    expect(received.transferred).to.equal(packed.length);
    const { mode, blocks, size } = await stat(received.core.path);
    expect(mode & 0o777).to.equal(0o600);
    expect(size).to.equal(core.length);
    expect(blocks * 512).to.be.lessThan(1 << 20);
  });

  it('is no core when it is cut anywhere', async () => {
    const packed = await archive(whole);
    for (const end of [0, 5, 1_000, 210_000, packed.length - 60_000, packed.length - 9, packed.length - 1]) {
      const error = await rejectsWith(
        'undecided',
        receiveCore(streamOf(packed.subarray(0, end)), await empty(), signal),
      );
      expect(error.message, `cut at ${end}`).to.contain('did not come home whole');
    }
  });

  it('is no core when whatever sends it dies without an end of the stream', async () => {
    const packed = await archive(whole);
    let sent = 0;
    const dying = new Readable({
      read() {
        sent += 1;
        if (sent > 1) this.destroy();
        else this.push(packed.subarray(0, 230_000));
      },
    });
    await rejectsWith('undecided', receiveCore(dying, await empty(), signal));
  });

  for (const [what, entries] of [
    ['a file that leaves the folder', [['../evil', account]]],
    ['a core before its executable', [['core', core]]],
    ['a second core', [...whole.slice(0, 2), ['core', core]]],
    ['more than it should', [...whole, ['more', account]]],
    ['a program alone', whole.slice(0, 1)],
    ['no account at its end', whole.slice(0, 2)],
  ] as readonly (readonly [string, readonly Entry[]])[]) {
    it(`is no core when it holds ${what}`, async () => {
      const dir = await empty();
      await rejectsWith('undecided', receiveCore(streamOf(await archive(entries)), dir, signal));
      expect(
        (await readdir(dir)).every((name) => ['server', 'core', 'capture.json'].includes(name)),
      ).to.equal(true);
      expect(await readdir(folder.path)).not.to.contain('evil');
    });
  }

  it('is no core when it holds a link, or is something else altogether', async () => {
    const dir = await empty();
    await rejectsWith(
      'undecided',
      receiveCore(streamOf(await archive([['server', account]], 'symlink')), dir, signal),
    );
    expect(await readdir(dir)).to.deep.equal([]);
    await rejectsWith('undecided', receiveCore(streamOf(Buffer.from('exec format error\n')), dir, signal));
  });

  it('ends when it is told to, though nothing more comes', async () => {
    const packed = await archive(whole);
    const stop = new AbortController();
    const silent = new Readable({ read() {} });
    silent.push(packed.subarray(0, 100_000));
    const receiving = receiveCore(silent, await empty(), stop.signal);
    stop.abort();
    const error: unknown = await receiving.catch((reason: unknown) => reason);
    expect(error).to.have.property('name', 'AbortError');
  });
});
