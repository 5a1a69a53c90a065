import { readdir, readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { captureBundle } from '../../lab/capture/capture.js';
import { gcore } from '../../lab/capture/gcore.js';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';
import type { TargetProcess } from '../../lab/targets/target.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { rejectsWith } from '../rejects.js';
import { labCommand, shell } from '../robustness/shell.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('several cores of one process', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let server: TargetProcess;
  let pid: number;

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    folder = await tempFolder();
    server = await startHung(await buildHung(go.path, folder, 'depot'), folder, signal);
    pid = server.identity.pid;
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const capture = (dir: string, ...options: readonly string[]) => [
    ...['capture', '--pid', String(pid), '--output', dir, ...options],
  ];
  const lives = async () => {
    expect(parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.state).to.equal('S');
  };

  it('are taken one after the other, and compared by the command that is printed', async () => {
    const dir = folder.file('three looks');
    const { exitCode, stdout, stderr } = await lab(capture(dir, '--looks', '3', '--every', '1.5s'));
    expect(exitCode, stderr).to.equal(0);
    await lives();
    const names = [1, 2, 3].map((i) => `core.${pid}.${i}`);
    expect(await readdir(dir)).to.have.members([...names, 'server', 'bundle.json']);
    const cores = await Promise.all(names.map((name) => stat(`${dir}/${name}`)));
    for (const { mode, blocks, size } of cores) {
      expect(mode & 0o777).to.equal(0o600);
      expect(blocks * 512).to.be.below(size / 10);
    }
    const bundle = JSON.parse(await readFile(`${dir}/bundle.json`, 'utf8'));
    expect(bundle.core).to.equal(`${dir}/${names[2]}`);
    expect(bundle.looks.map(({ core }: { core: string }) => core)).to.deep.equal(
      names.map((name) => `${dir}/${name}`),
    );
    const taken = bundle.looks.map(({ takenAt }: { takenAt: string }) => Date.parse(takenAt));
    expect(cores.map(({ mtimeMs }) => Math.round(mtimeMs))).to.deep.equal(taken);
    expect(taken[1] - taken[0]).to.be.at.least(1_500);
    expect(taken[2] - taken[1]).to.be.at.least(1_500);

    const [, typed = ''] = /compare them: npx lab (.*)/.exec(stdout) ?? [];
    const compared = await shell(`${labCommand} ${typed}`);
    expect(compared.exitCode, compared.stderr).to.equal(1);
    expect(compared.stdout.replaceAll(/\s+/g, ' ')).to.match(
      /C1 (\d+) of \1 goroutines at main\.depot\.in, in main\.\(\*depot\)\.put .* did not move in [\d.]+ s\./,
    );
  });

  it('stay as far as they are whole after Ctrl-C', async () => {
    const dir = folder.file('interrupted');
    const running = startLab(capture(dir, '--looks', '3', '--every', '600'));
    const first = await poll(async () => (await stat(`${dir}/bundle.json`).catch(() => undefined)) && true, {
      ...{ signal, deadlineMs: 60_000, everyMs: 20 },
    });
    expect(first).to.equal(true);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).to.equal(130);
    expect(stderr).to.contain(
      `whole: 1 of 3 looks; analyse it: npx lab analyze --exe ${dir}/server --core ${dir}/core.${pid}.1`,
    );
    expect(await readdir(dir)).to.have.members([`core.${pid}.1`, 'server', 'bundle.json']);
    expect(await orphansOf(running)).to.deep.equal([]);
    await lives();
    const again = await lab(capture(dir, '--looks', '2'));
    expect(again.exitCode).to.equal(64);
    expect(again.stderr).to.contain('exists already');
  });

  it('have room for all of them before the first', async () => {
    const before = await readdir(folder.path);
    const look = { number: 1, of: 10_000_000 };
    const request = { target: localTarget(), pid, method: gcore, dir: folder.path, look };
    const { message } = await rejectsWith(
      'no-space',
      captureBundle(request, () => undefined, signal),
    );
    expect(message).to.match(/^10000000 cores need \d+ MB for a moment, and /);
    expect(await readdir(folder.path)).to.deep.equal(before);
  });

  it('are refused where the first ends the process, and where they make no sense', async () => {
    for (const [options, says] of [
      [['--looks', '2', '--capture', 'kernel'], /--capture kernel ends the process: there is no second look/],
      [['--looks', '0'], /--looks takes a number from 1 to 100, not "0"/],
      [['--looks', '2', '--every', '5m'], /--every takes seconds, not "5m"/],
      [['--every', '5'], /--every is the time between several looks/],
    ] as const) {
      const dir = folder.file('refused');
      const { exitCode, stderr } = await lab(capture(dir, ...options));
      expect([exitCode, stderr]).to.satisfy(
        ([code, said]: [number, string]) => code === 64 && says.test(said),
        stderr,
      );
      expect(await stat(dir).catch(() => undefined)).to.equal(undefined);
    }
    const { exitCode, stderr } = await lab(['capture', '--looks', '2']);
    expect(exitCode).to.equal(64);
    expect(stderr).to.contain('several looks are taken of a process');
    await lives();
  });
});
