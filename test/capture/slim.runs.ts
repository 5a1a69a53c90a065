import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Bundle } from '../../lab/capture/bundle.js';
import { captureBundle } from '../../lab/capture/capture.js';
import { captureHelper } from '../../lab/capture/helper/method.js';
import { captureMethod } from '../../lab/capture/index.js';
import type { CaptureMethod } from '../../lab/capture/method.js';
import { snapshotChoices } from '../../lab/choices.js';
import { localTarget } from '../../lab/targets/local.js';
import { goBuild } from '../go-build.js';
import { hasGcc } from '../go-build-env.js';
import { goTools } from '../hung-program.js';
import { piecesOf, tracesIn } from '../kit/traces.js';
import { startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const module = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go/payload');
const { signal } = new AbortController();
const silent = () => undefined;
const [go] = await goTools(signal);

const letters = 'ghjkmnpqrstuvwxyzGHJKMNPQRSTUVWXYZ';
const cards = ['4556737586899855', '5425233430109903'];
const word = () =>
  `${Array.from(randomBytes(32), (byte) => letters[byte % letters.length]).join('')}${cards.join('')}`;

/** Starts the program, which keeps the word in every kind of memory, and waits until it has. */
async function start(exe: string, secret: string): Promise<{ readonly pid: number } & AsyncDisposable> {
  const program = execa(exe, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit', reject: false });
  program.stdin.write(`${secret}\n`);
  await new Promise<void>((done, failed) => {
    program.stdout.on('data', (said: Buffer) => said.toString().includes('ready') && done());
    program.once('exit', () => failed(new Error('the program ended before it was ready')));
  });
  return {
    pid: program.pid ?? 0,
    async [Symbol.asyncDispose]() {
      program.kill('SIGKILL');
      await program;
    },
  };
}

describe('lab capture --slim', function () {
  this.timeout(180_000);
  let folder: TempFolder;

  before(async function () {
    if (go === undefined) return this.skip();
    folder = await tempFolder();
  });
  after(async () => folder?.[Symbol.asyncDispose]());

  async function built(name: string, flags: readonly string[], cgo: boolean): Promise<string> {
    const exe = folder.file(name);
    await goBuild({ go: go?.path ?? '', module, exe, flags, env: { CGO_ENABLED: cgo ? '1' : '0' } });
    return exe;
  }

  async function take(pid: number, method: CaptureMethod, slim: boolean): Promise<Bundle> {
    const dir = folder.file(`${pid}-${process.hrtime.bigint()}`);
    await mkdir(dir);
    return await captureBundle({ target: localTarget(), pid, method, dir, slim }, silent, signal);
  }

  /** In how many of its pieces the word is in what was captured, the executable left out. */
  const traces = (bundle: Bundle, secret: string) =>
    tracesIn(resolve(bundle.core, '..'), piecesOf(secret, 6));

  for (const cgo of hasGcc ? [false, true] : [false]) {
    it(`has no piece of what a program keeps, wherever it does${cgo ? ', in memory of C too' : ''}`, async () => {
      const secret = word();
      await using program = await start(await built('server', [], cgo), secret);
      const { pid } = program;
      expect(await traces(await take(pid, captureHelper(), false), secret)).to.equal(secret.length - 5);
      // What the helper writes, before the lab slims it.
      for (const snapshot of snapshotChoices) {
        const dir = folder.file(`scrubbed-${cgo}-${snapshot}`);
        await mkdir(dir);
        const request = { target: localTarget(), pid, goVersion: go?.version ?? '', file: `${dir}/core` };
        await captureHelper({ slim: true, snapshot }).capture(request, signal);
        expect(await tracesIn(dir, piecesOf(secret, 6)), snapshot).to.equal(0);
      }
      const bundle = await take(pid, captureHelper({ slim: true }), true);
      expect(bundle.slim).to.include({ state: 'slimmed', scrubbedThere: true });
      expect(bundle.slim?.core?.kind).to.equal('slimmed');
      expect(await traces(bundle, secret)).to.equal(0);
      const { findings } = await analyzeCore(bundle, silent, signal);
      expect(findings.flatMap(({ victims }) => victims.goroutines).length).to.be.above(0);
    });
  }

  for (const name of ['gcore', 'delve']) {
    it(`is slimmed here when ${name} took it, and nothing else is left`, async function () {
      if (name === 'gcore' && (await execa('gcore', [], { reject: false })).code === 'ENOENT')
        return this.skip();
      const secret = word();
      await using program = await start(await built('server', [], false), secret);
      const bundle = await take(program.pid, captureMethod(name), true);
      expect(bundle.slim).to.include({ state: 'slimmed', scrubbedThere: false });
      expect(await traces(bundle, secret)).to.equal(0);
      expect(await readdir(resolve(bundle.core, '..'))).to.have.members([`core.${program.pid}`, 'server']);
    });
  }

  it('stays scrubbed of a stripped program, and says why; another method keeps no core of it', async () => {
    const secret = word();
    await using program = await start(await built('stripped', ['-ldflags=-s -w'], false), secret);
    const pid = program.pid;
    const bundle = await take(pid, captureHelper({ slim: true }), true);
    expect(bundle.slim).to.include({ state: 'scrubbed', scrubbedThere: true });
    expect(bundle.slim?.why).to.include('no debug information');
    expect(await traces(bundle, secret)).to.equal(0);
    const dir = folder.file('refused');
    const { exitCode, stderr } = await startLab([
      ...['capture', '--pid', String(pid), '--slim', '--capture', 'delve', '-o', dir],
    ]).ended;
    expect(exitCode, stderr).to.equal(2);
    expect(stderr).to.include('leave out --capture');
    expect(await readdir(folder.path)).not.to.include('refused');
  });

  it('prints and keeps what was left out', async () => {
    await using program = await start(await built('server', [], false), word());
    const dir = folder.file('printed');
    const args = ['capture', '--pid', String(program.pid), '--slim', '-o', dir, '--json'];
    const { exitCode, stdout, stderr } = await startLab(args).ended;
    expect(exitCode, stderr).to.equal(0);
    const said = JSON.parse(stdout);
    expect(said.slim.state).to.equal('slimmed');
    expect(said.slim.core.dropped.heap).to.be.above(0);
    expect(JSON.parse(await readFile(`${dir}/bundle.json`, 'utf8'))).to.deep.equal(said);
  });
});
