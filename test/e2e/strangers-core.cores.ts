import { copyFile, mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { buildHung, goTools, hungModule } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { coreOf, kernelCoreOf, noKernelCores, type RealCore } from '../real-core.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasGcore = (await execa('gcore', [], { reject: false })).code !== 'ENOENT';
const kernelRefuses = await noKernelCores();

async function analyze(
  args: readonly string[],
): Promise<{ exitCode: number | undefined; diagnosis: Diagnosis }> {
  const { exitCode, stdout, stderr } = await lab(['analyze', '--json', '--quiet', ...args]);
  expect(stdout, stderr).not.to.equal('');
  return { exitCode, diagnosis: diagnosisSchema.parse(JSON.parse(stdout)) };
}

/** It ends as a wrong argument does, and says one thing to do. */
async function expectRefused(args: readonly string[], message: RegExp, hint: RegExp): Promise<void> {
  const { exitCode, stdout, stderr } = await lab(['analyze', ...args]);
  expect(exitCode, stderr).to.equal(64);
  expect(stdout).to.equal('');
  expect(stderr).to.match(message).and.to.match(hint);
  expect(stderr).not.to.match(/\n\s+at .*:\d+:\d+/);
}

describe("a stranger's core on the command line", function () {
  this.timeout(60_000);
  let folder: TempFolder;
  let exe: string;
  let held: RealCore;
  let files: string[];

  before(async function () {
    // Skips where Go, or a Delve that reads it, is missing.
    if (go === undefined) return this.skip();
    if ((await findDelve({ goVersion: go.version, install: false }, signal)) === undefined)
      return this.skip();
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'service');
    held = await coreOf(exe, go.version, 'delve');
    files = ['--exe', exe, '--core', held.core];
  });
  after(async () => {
    await held?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const build = (name: string, options: Parameters<typeof buildHung>[3]) =>
    buildHung(go?.path ?? 'go', folder, name, options);
  const coreBy = (program: string) => coreOf(program, go?.version ?? '', 'delve');

  it('is diagnosed, and the exit code says deadlock', async () => {
    const { exitCode, diagnosis } = await analyze(files);
    expect(exitCode).to.equal(1);
    expect(diagnosis.findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
  });

  it('names the option when the sources are elsewhere, and finds them with it', async () => {
    const program = await build('moved', { ownSources: true });
    await using made = await coreBy(program);
    await rename(folder.file('moved-src'), folder.file('now-here'));
    const args = ['--exe', program, '--core', made.core];
    const lost = await analyze(args);
    expect(lost.exitCode).to.equal(2);
    expect(lost.diagnosis.limits.join()).to.include('--source-map');
    const map = `${folder.file('moved-src')}=${folder.file('now-here')}`;
    const found = await analyze([...args, '--source-map', map]);
    expect(found.exitCode).to.equal(1);
    expect(found.diagnosis.findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
  });

  it('maps the paths of a build with -trimpath', async () => {
    const program = await build('trimmed', { flags: ['-trimpath'], ownSources: true });
    await using made = await coreBy(program);
    const args = ['--exe', program, '--core', made.core];
    const lost = await analyze(args);
    expect(lost.exitCode).to.equal(2);
    expect(lost.diagnosis.limits.join()).to.include('--source-map');
    const found = await analyze([...args, '--source-map', `example.com/depot=${folder.file('trimmed-src')}`]);
    expect(found.exitCode).to.equal(1);
    expect(found.diagnosis.findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
  });

  it('asks the library at --go-root who may call an exported method', async () => {
    const edit = (source: string) => source.replaceAll('unpack', 'Unpack');
    const program = await build('exported', { edit });
    await using made = await coreBy(program);
    const args = ['--exe', program, '--core', made.core];
    const { stdout: root } = await execa(go?.path ?? 'go', ['env', 'GOROOT'], {
      env: { GOTOOLCHAIN: 'local' },
    });
    expect((await analyze([...args, '--go-root', root])).exitCode).to.equal(1);
    await mkdir(folder.file('no-library'));
    expect((await analyze([...args, '--go-root', folder.file('no-library')])).exitCode).to.equal(2);
    expect((await lab(['analyze', ...args, '--go-root', folder.file('nowhere')])).exitCode).to.equal(64);
  });

  it('proves a nil channel from memory alone', async () => {
    const edit = (source: string) =>
      source.replace('go d.unpack()', 'go d.unpack()\n\tgo new(depot).put(parcel{})');
    const program = await build('nil', { edit });
    await using made = await coreBy(program);
    const { exitCode, diagnosis } = await analyze(['--exe', program, '--core', made.core, '--no-source']);
    expect(exitCode).to.equal(1);
    expect(diagnosis.findings[0]).to.include({ rule: 'nil-channel', certainty: 'proved' });
  });

  for (const [how, flags] of Object.entries({ '': [], ', in a stripped program too': ['-ldflags=-s -w'] })) {
    it(`proves a select without cases from memory alone, when nothing else runs${how}`, async function () {
      if (kernelRefuses !== undefined) return this.skip();
      const edit = (source: string) =>
        source.replace(
          /func main\(\) \{[\s\S]*/,
          'func main() {\n\t_, _ = fmt.Sprint(runtime.NumCPU()), time.Now()\n\tselect {}\n}\n',
        );
      const program = await build(`empty${flags.length}`, { edit, flags });
      await using made = await kernelCoreOf(program, 'crash');
      const { exitCode, diagnosis } = await analyze(['--exe', program, '--core', made.core, '--no-source']);
      expect(exitCode).to.equal(1);
      expect(diagnosis.scope).to.equal('global');
      expect(diagnosis.findings[0]).to.include({ rule: 'empty-select', certainty: 'proved' });
    });
  }

  for (const flags of ['-s -w', '-w']) {
    it(`says what is lost, and shows the rest, of a program built with -ldflags="${flags}"`, async () => {
      const program = await build(`stripped${flags.length}`, { flags: [`-ldflags=${flags}`] });
      await using made = await coreOf(program, go?.version ?? '', 'helper');
      const { exitCode, diagnosis } = await analyze(['--exe', program, '--core', made.core]);
      expect(exitCode).to.equal(2);
      expect(diagnosis.verdict).to.equal('unknown');
      expect(diagnosis.summary).to.match(/unstripped executable of the same build/);
      expect(diagnosis.limits.join('\n'))
        .to.match(/no debug information/)
        .and.to.match(/\d+ threads/);
      expect(diagnosis.process.goVersion).to.equal(go?.version);
      const [most] = diagnosis.userLocations;
      expect(most?.function).to.equal('main.(*depot).put');
      // All but the main goroutine.
      expect(most?.count)
        .to.equal(diagnosis.process.goroutines.user - 1)
        .and.to.be.greaterThan(20);
      expect(diagnosis.objects?.[0]).to.include({ elemType: 'main.parcel', len: 8, cap: 8 });
    });
  }

  it('is refused with the executable of another build', async () => {
    const other = await build('other', { edit: (source) => source.replace('Millisecond', 'Microsecond') });
    await expectRefused(['--exe', other, '--core', held.core], /another build/, /\/proc\/PID\/exe/);
  });

  it('is refused when it is of another program', async () => {
    const edit = (source: string) =>
      source.replace(
        /\tgo d.unpack\(\)[\s\S]*/,
        '\tfmt.Println("ready", runtime.NumGoroutine(), d.opened)\n\ttime.Sleep(time.Hour)\n}\n',
      );
    const other = await build('foreign', { edit });
    await using made = await coreBy(other);
    await expectRefused(
      ['--exe', exe, '--core', made.core],
      /another build|another program/,
      /\/proc\/PID\/exe/,
    );
  });

  it('is refused when it is cut off', async () => {
    const cut = folder.file('cut');
    await copyFile(held.core, cut);
    await truncate(cut, 100_000);
    await expectRefused(['--exe', exe, '--core', cut], /is cut off/, /copy it again/);
  });

  it('is refused when the executable is of another architecture', async () => {
    const other = await build('arm', { env: { GOARCH: 'arm64' } });
    await expectRefused(['--exe', other, '--core', held.core], /arm64|aarch64/, /\/proc\/PID\/exe/);
  });

  it('is refused when it is of a program that is not Go', async function () {
    if (!hasGcore) return this.skip();
    const sleeper = execa('sleep', ['60'], { reject: false });
    const prefix = folder.file('sleep');
    try {
      await execa('gcore', ['-o', prefix, String(sleeper.pid)]);
    } finally {
      sleeper.kill('SIGKILL');
      await sleeper;
    }
    const core = `${prefix}.${sleeper.pid}`;
    const { stdout: program } = await execa('which', ['sleep']);
    await expectRefused(['--exe', program, '--core', core], /not a Go program/, /--exe/);
    await expectRefused(['--exe', exe, '--core', core], /another (?:build|program)/, /\/proc\/PID\/exe/);
  });

  it('is refused when it is no core at all', async () => {
    await expectRefused(['--exe', exe, '--core', exe], /not a core/, /swap|--core/);
    const text = folder.file('text');
    await writeFile(text, (await readFile(`${await hungModule()}/main.go`, 'utf8')).repeat(3));
    await expectRefused(['--exe', exe, '--core', text], /./, /core/);
    await expectRefused(['--exe', exe, '--core', folder.file('absent')], /absent/, /./);
  });
});
