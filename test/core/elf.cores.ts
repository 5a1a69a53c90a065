import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { gcore } from '../../lab/capture/gcore.js';
import { checkPair, readCoreHeader, readExecutable } from '../../lab/core/elf.js';
import { quoteWord } from '../../lab/quote-word.js';
import { localTarget } from '../../lab/targets/local.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const signal = new AbortController().signal;
const run = promisify(execFile);
const target = localTarget();
const elfModule = new URL('../../lab/core/elf.js', import.meta.url).href;

async function overwrite(path: string, at: number, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
}

describe('executables and cores by their headers', () => {
  let folder: TempFolder;
  let go: { path: string; version: string };
  let exe: string;
  let core: string;
  let pid: number;

  before(async function () {
    this.timeout(120_000);
    const [first] = await goTools(signal);
    if (first === undefined) {
      console.error('    skipped: no Go');
      this.skip();
    }
    go = first;
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot');
    await using server = await startHung(exe, folder, signal);
    pid = server.identity.pid;
    core = folder.file('core');
    await gcore.capture({ target, goVersion: '', pid, file: core }, signal);
    await run('fallocate', ['-d', core]);
  });

  after(() => folder?.[Symbol.asyncDispose]());

  it('reads what a Go executable tells of itself', async () => {
    const seen = await readExecutable(exe, signal);
    expect(seen).to.include({
      arch: process.arch === 'x64' ? 'amd64' : process.arch,
      kind: 'static',
      isGo: true,
      goVersion: go.version,
      mainModulePath: 'example.com/depot',
      hasDebugInfo: true,
      hasSymbols: true,
      hasPclntab: true,
    });
    const { stdout } = await run(go.path, ['tool', 'buildid', exe]);
    expect(seen.buildId.go).to.equal(stdout.trim());
    expect(seen.build?.settings['GOOS']).to.equal('linux');
  });

  it('reads a program of another architecture', async function () {
    this.timeout(180_000);
    const other = await buildHung(go.path, folder, 'arm', { env: { GOARCH: 'arm64' } });
    expect(await readExecutable(other, signal)).to.include({
      arch: 'arm64',
      goVersion: go.version,
      isGo: true,
    });
    const error = await rejectsWith('usage', checkPair(other, core, signal));
    expect(error.message).to.equal('the core is of amd64, the executable of arm64');
  });

  it('reads programs of every Go at hand', async function () {
    this.timeout(180_000);
    for (const { path, version } of await goTools(signal)) {
      const other = await buildHung(path, folder, `by-${version}`);
      expect(await readExecutable(other, signal)).to.include({
        goVersion: version,
        isGo: true,
        hasDebugInfo: true,
      });
    }
  });

  it('tells a program without debug info, which still pairs with its own core', async function () {
    this.timeout(180_000);
    const stripped = await buildHung(go.path, folder, 'stripped', { flags: ['-ldflags=-s -w'] });
    const seen = await readExecutable(stripped, signal);
    expect(seen).to.include({
      hasDebugInfo: false,
      hasSymbols: false,
      hasPclntab: true,
      goVersion: go.version,
    });
    await using server = await startHung(stripped, folder, signal);
    const file = folder.file('stripped.core');
    await gcore.capture({ target, goVersion: '', pid: server.identity.pid, file }, signal);
    const pair = await checkPair(stripped, file, signal);
    expect(pair.match.kind).to.equal('same');
    expect(pair.exe.hasDebugInfo).to.equal(false);
  });

  it('reads a PIE, and finds that its core belongs to it', async function () {
    this.timeout(180_000);
    const pie = await buildHung(go.path, folder, 'pie', { flags: ['-buildmode=pie'] });
    expect(await readExecutable(pie, signal)).to.include({
      kind: 'pie',
      goVersion: go.version,
      hasPclntab: true,
    });
    await using server = await startHung(pie, folder, signal);
    const file = folder.file('pie.core');
    await gcore.capture({ target, goVersion: '', pid: server.identity.pid, file }, signal);
    expect((await checkPair(pie, file, signal)).match.kind).to.equal('same');
  });

  it('knows a program in C for what it is', async () => {
    const seen = await readExecutable('/bin/sleep', signal);
    expect(seen).to.include({ isGo: false, goVersion: undefined, hasPclntab: false });
  });

  it('reads the process, its threads and files out of a core', async () => {
    const seen = await readCoreHeader(core, signal);
    expect(seen.pid).to.equal(pid);
    expect(seen.threads).to.include(pid).and.have.length.above(2);
    expect(seen.command?.name).to.equal('depot');
    expect(seen.mappedFiles.map(({ path }) => path)).to.include(exe);
    expect(seen.auxv.get(9)).to.equal((await readExecutable(exe, signal)).entry);
    expect(seen.size.actual).to.equal(seen.size.expected);
    expect(seen.madeByDelve).to.equal(false);
  });

  it('finds that a core belongs to its executable, by the build ID in its memory', async () => {
    const { match, exe: seen } = await checkPair(exe, core, signal);
    expect(match).to.deep.equal({
      kind: 'same',
      how: 'build-id',
      buildId: seen.buildId.gnu ?? seen.buildId.go,
    });
  });

  it('refuses another build of the same program, with both IDs', async function () {
    this.timeout(180_000);
    const edit = (text: string): string => text.replace('"p"', '"q"');
    const other = await buildHung(go.path, folder, 'rebuilt', { edit });
    const error = await rejectsWith('usage', checkPair(other, core, signal));
    expect(error.message).to.match(/another build of this program.*build IDs \S+ and \S+/);
    expect(error.hint).to.include('/proc/PID/exe');
  });

  it('compares entry point and build information when the core lacks the program’s first page', async function () {
    this.timeout(180_000);
    const { segments, auxv } = await readCoreHeader(core, signal);
    const start = (auxv.get(3) ?? 0) & ~0xfff;
    const page = segments.find(({ vaddr, filesz }) => vaddr === start && filesz > 0);
    const without = folder.file('without-page');
    await run('cp', ['--sparse=always', core, without]);
    await overwrite(without, page?.offset ?? 0, Buffer.alloc(4096));
    expect((await checkPair(exe, without, signal)).match.kind).to.equal('likely');
    const edit = (text: string): string =>
      text.replace('fmt.Println(', 'fmt.Println("extra", runtime.GOOS, ');
    const flags = ['-gcflags=all=-N -l'];
    const other = await buildHung(go.path, folder, 'other', { edit, flags });
    expect((await rejectsWith('usage', checkPair(other, without, signal))).message).to.include(
      'another build',
    );
  });

  it('refuses a core of a program in C', async function () {
    this.timeout(30_000);
    const log = folder.file('sleep.log');
    await using sleeper = await target.start(['/bin/sleep', '100'], { signal, logFile: log });
    const file = folder.file('sleep.core');
    await gcore.capture({ target, goVersion: '', pid: sleeper.identity.pid, file }, signal);
    const error = await rejectsWith('usage', checkPair(exe, file, signal));
    expect(error.message).to.match(/another program \(the process was called sleep\)/);
    const notGo = await rejectsWith('usage', checkPair('/bin/sleep', file, signal));
    expect(notGo.message).to.equal('/bin/sleep is not a Go program');
  });

  it('says that the two were swapped, either way', async () => {
    const swapped = await rejectsWith('usage', checkPair(core, exe, signal));
    expect(swapped.message).to.include('is a core file, not an executable');
    const twice = await rejectsWith('usage', checkPair(exe, exe, signal));
    expect(twice.message).to.include('is a program, not a core file');
    expect(twice.hint).to.include('swap');
  });

  it('refuses a core that is cut off anywhere, with the sizes', async () => {
    const cut = folder.file('cut');
    await run('cp', ['--sparse=always', core, cut]);
    const { size } = await readCoreHeader(core, signal);
    for (const bytes of [size.expected - 1, Math.floor(size.expected / 2), 5000, 100]) {
      await truncate(cut, bytes);
      const error = await rejectsWith('usage', checkPair(exe, cut, signal));
      expect(error.message, String(bytes)).to.match(/is cut off: it should have \d+ bytes and has \d+/);
    }
    await truncate(cut, 30);
    expect((await rejectsWith('usage', checkPair(exe, cut, signal))).message).to.include(
      'cut off within its header',
    );
  });

  it('refuses a core of another architecture', async () => {
    const patched = folder.file('patched');
    await run('cp', ['--sparse=always', core, patched]);
    await overwrite(patched, 18, Buffer.from([183, 0]));
    const error = await rejectsWith('usage', checkPair(exe, patched, signal));
    expect(error.message).to.equal('the core is of arm64, the executable of amd64');
  });

  it('names the program that decompresses a compressed core', async () => {
    const small = folder.file("it's small");
    await copyFile('/bin/true', small);
    for (const tool of ['gzip', 'zstd', 'xz', 'bzip2', 'lz4']) {
      const made = await run('sh', ['-c', 'exec "$0" -c "$1" > "$1.z"', tool, small]).then(
        () => true,
        () => false,
      );
      if (!made) continue;
      const error = await rejectsWith('usage', checkPair(exe, `${small}.z`, signal));
      expect(error.message).to.include(`is compressed with ${tool}`);
      expect(error.hint)
        .to.include(`${tool} -d`)
        .and.to.include(quoteWord(`${small}.z`));
    }
  });

  it('says what a file is that can be neither', async () => {
    const file = (name: string): string => folder.file(name);
    await writeFile(file('empty'), '');
    await writeFile(
      file('text'),
      'this is a text, longer than an ELF header has bytes, and no ELF file at all',
    );
    await mkdir(file('directory'));
    const thirtyTwo = Buffer.from(await readFile(exe)).subarray(0, 4096);
    thirtyTwo[4] = 1;
    await writeFile(file('thirty-two'), thirtyTwo);
    const cases = {
      missing: 'does not exist',
      empty: 'is empty',
      text: 'no ELF file',
      directory: 'is a directory',
    };
    for (const [name, words] of Object.entries({ ...cases, 'thirty-two': '32-bit' })) {
      const asCore = await rejectsWith('usage', checkPair(exe, file(name), signal));
      const asExe = await rejectsWith('usage', checkPair(file(name), core, signal));
      for (const error of [asCore, asExe]) {
        expect(error.message).to.include(words);
        expect(error.hint).to.be.a('string');
      }
    }
  });

  it('survives damaged headers without reading gigabytes', async () => {
    const head = (await readFile(exe)).subarray(0, 200_000);
    const before = process.memoryUsage().rss;
    for (let at = 16; at < 64; at++) {
      const bytes = Buffer.from(head);
      bytes.fill(0xff, at, at + 2);
      await writeFile(folder.file('damaged'), bytes);
      await readExecutable(folder.file('damaged'), signal).catch((error: unknown) => {
        expect(error).to.have.property('name', 'LabError');
      });
    }
    expect(process.memoryUsage().rss - before).to.be.below(300 << 20);
  });

  it('asks for permission to read a file that it may not open', async () => {
    await copyFile(exe, folder.file('secret'));
    await chmod(folder.file('secret'), 0);
    const script = `import(${JSON.stringify(elfModule)})
      .then(({ readExecutable }) => readExecutable(${JSON.stringify(folder.file('secret'))}, new AbortController().signal))
      .catch(({ code, message }) => console.log(code, message));`;
    // To root every file is readable, unless it gives that right up.
    const drop = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];
    const argv = [...(process.getuid?.() === 0 ? drop : []), process.execPath, '-e', script];
    const { stdout } = await target.exec(argv, { signal });
    expect(stdout).to.match(/^usage .*may not be read/);
  });
});
