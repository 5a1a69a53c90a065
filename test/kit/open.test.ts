import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { openKit } from '../../lab/kit/open.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { archive, describedFile, type Entry, kitManifest } from './archive.js';

const { signal } = new AbortController();

const files = [describedFile('server', 'program'), describedFile('sources/a.go', 'package a')];
const honest: readonly Entry[] = [
  { name: 'a-run/kit.json', text: kitManifest(files) },
  { name: 'a-run/server', text: 'program' },
  { name: 'a-run/sources/a.go', text: 'package a' },
];
const withManifest = (list: readonly object[], ...rest: Entry[]): Entry[] => [
  { name: 'a-run/kit.json', text: kitManifest(list) },
  ...rest,
];
const [kitJson, server, source] = honest as [Entry, Entry, Entry];

describe('opening a kit', () => {
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder();
    await mkdir(folder.file('in'));
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  async function opens(bytes: Buffer) {
    await writeFile(folder.file('kit.tar.gz'), bytes);
    return await openKit({ file: folder.file('kit.tar.gz'), dir: folder.file('in/kit') }, signal);
  }

  it('puts every file in its place, with its time, for its owner alone', async () => {
    const { dir, manifest } = await opens(await archive(honest));
    expect(manifest.name).to.equal('a-run');
    expect(await readFile(`${dir}/sources/a.go`, 'utf8')).to.equal('package a');
    const seen = await stat(`${dir}/server`);
    expect([seen.mode & 0o777, seen.mtimeMs]).to.deep.equal([0o600, 1_600_000_000_000]);
    expect(await readdir(folder.file('in'))).to.deep.equal(['kit']);
  });

  const hostile: Readonly<Record<string, readonly [RegExp, readonly Entry[]]>> = {
    'an absolute path': [
      /does not stay/,
      withManifest([describedFile('/tmp/evil', 'x')], { name: '/tmp/evil', text: 'x' }),
    ],
    'a path that leads out': [/does not stay/, withManifest([describedFile('../evil', 'x')])],
    'a path that leads out in the middle': [
      /does not stay/,
      withManifest([describedFile('sources/../../evil', 'x')]),
    ],
    'a path with a backslash': [/does not stay/, withManifest([describedFile('..\\evil', 'x')])],
    'an entry outside of its folder': [/lies outside/, [kitJson, { name: '../server', text: 'program' }]],
    'an entry of another folder': [/lies outside/, [kitJson, { name: 'b-run/server', text: 'program' }]],
    'a symbolic link': [
      /no plain file/,
      [kitJson, { name: 'a-run/server', type: 'symlink', linkname: '/etc/passwd' }],
    ],
    'a hard link': [
      /no plain file/,
      [kitJson, { name: 'a-run/server', type: 'link', linkname: '/etc/passwd' }],
    ],
    'a device': [/no plain file/, [kitJson, { name: 'a-run/server', type: 'character-device', devmajor: 1 }]],
    'a pipe': [/no plain file/, [kitJson, { name: 'a-run/server', type: 'fifo' }]],
    'a file twice': [/comes twice/, [kitJson, server, server]],
    'a file twice in its manifest': [/in it twice/, withManifest([...files, ...files])],
    'a file that its manifest does not name': [
      /not in its manifest/,
      [...honest, { name: 'a-run/more', text: 'x' }],
    ],
    'a file of another size': [/another size/, [kitJson, { ...server, text: 'longer program' }]],
    'a file with other bytes': [/not what was packed/, [kitJson, { ...server, text: 'PROGRAM' }]],
    'a missing file': [/sources\/a.go is missing/, [kitJson, server]],
    'no manifest at first': [/its first file is server/, [server, kitJson, source]],
    'a manifest of another version': [
      /lab.kit\/2/,
      [{ name: 'a-run/kit.json', text: kitManifest([], { schema: 'lab.kit/2' }) }],
    ],
    'a name that is no folder': [
      /no name of a folder/,
      [{ name: '../kit.json', text: kitManifest([], { name: '..' }) }].map((e) => ({
        ...e,
        name: 'x/kit.json',
      })),
    ],
  };
  for (const [what, [message, entries]] of Object.entries(hostile)) {
    it(`refuses ${what}, and leaves nothing behind`, async () => {
      const error = await rejectsWith('usage', opens(await archive(entries)));
      expect(error.message).to.match(message);
      expect(await readdir(folder.file('in'))).to.deep.equal([]);
      expect((await readdir(folder.path)).sort()).to.deep.equal(['in', 'kit.tar.gz']);
    });
  }

  it('refuses a file that swells to more than its manifest tells of', async () => {
    const tar = await archive(honest);
    const bomb = Buffer.concat([tar, gzipSync(Buffer.alloc(64 << 20))]);
    await rejectsWith('usage', opens(bomb));
    const swollen = [{ name: 'a-run/kit.json', text: `${kitManifest(files)}${' '.repeat(40 << 20)}` }];
    await rejectsWith('usage', opens(await archive(swollen)));
    expect(await readdir(folder.file('in'))).to.deep.equal([]);
  });

  it('refuses what was cut off at any place, and what is no archive', async () => {
    const whole = await archive([kitJson, { ...server, text: 'program' }, source]);
    for (const length of [0, 5, 20, Math.floor(whole.length / 2), whole.length - 12]) {
      await rejectsWith('usage', opens(whole.subarray(0, length)));
    }
    await rejectsWith('usage', opens(Buffer.from('no archive at all')));
    await rejectsWith('usage', openKit({ file: folder.file('none'), dir: folder.file('in/kit') }, signal));
    expect(await readdir(folder.file('in'))).to.deep.equal([]);
  });

  it('removes what one that was killed has left, and nothing of those that work', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    const left = (pid: number | undefined) => folder.file(`in/.kit-${hostname()}-${pid}-abcdef`);
    for (const pid of [gone.pid, process.pid]) {
      await mkdir(left(pid));
      await writeFile(`${left(pid)}/core`, 'x');
    }
    await mkdir(folder.file('in/.kit-elsewhere-1-abcdef'));
    await opens(await archive(honest));
    expect(await readdir(folder.file('in'))).to.have.members([
      'kit',
      '.kit-elsewhere-1-abcdef',
      `.kit-${hostname()}-${process.pid}-abcdef`,
    ]);
  });

  it('says where nothing can be written', async () => {
    await writeFile(folder.file('kit.tar.gz'), await archive(honest));
    const into = (dir: string) => openKit({ file: folder.file('kit.tar.gz'), dir }, signal);
    await rejectsWith('usage', into(folder.file('nowhere/kit')));
    await rejectsWith('usage', into(folder.file('kit.tar.gz/kit')));
    await rejectsWith('missing-permission', into('/proc/kit'));
  });

  it('does not open over what is there', async () => {
    await opens(await archive(honest));
    const error = await rejectsWith('usage', opens(await archive(honest)));
    expect(error.message).to.match(/exists already/);
    expect(await readdir(folder.file('in'))).to.deep.equal(['kit']);
  });
});
