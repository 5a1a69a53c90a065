import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { openRun } from '../../lab/store/run-store.js';
import { buildHung, goTools, startHung } from '../hung-program.js';
import { noSshd } from '../sshd.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { type SshHost, startHost } from './ssh-host.js';

const { signal } = new AbortController();

describe('what is left on a host over SSH', function () {
  this.timeout(120_000);
  let host: SshHost;
  let folder: TempFolder;

  before(async function () {
    if (noSshd !== undefined) {
      console.error(`    skipped: ${noSshd}`);
      this.skip();
    }
    folder = await tempFolder();
    host = await startHost();
  });

  after(async () => {
    await host?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function lab(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await host.start(args, env).ended;
    expect(exitCode, `${args.join(' ')}: ${stderr.slice(-4_000)}`).to.equal(0);
    return stdout;
  }

  it('lies in the folder that the run began with, whatever a later command says', async () => {
    const [first, other] = [folder.file('first'), folder.file('other')];
    const args = ['build', 'walk', '--target', host.target, '--port', '0', '--pprof-port', '0'];
    await lab(args, { LAB_TARGET_FOLDER: first });
    await lab(['start'], { LAB_TARGET_FOLDER: other });
    await lab(['stop'], { LAB_TARGET_FOLDER: '' });
    const [name = ''] = await readdir(host.runs);
    const run = await openRun(join(host.runs, name));
    expect(run.record.config.targetFolder).to.equal(first);
    expect(await readdir(folder.path)).to.deep.equal(['first']);
    expect(await readdir(join(first, 'runs'))).to.deep.equal([]);
    expect(await readdir(join(first, 'exits'))).to.deep.equal([]);
  });

  it('of a capture that was killed is removed by the next one', async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    const exe = await buildHung(go.path, folder, 'depot');
    await using program = await startHung(exe, folder, signal);
    const { pid } = program.identity;
    const args = ['capture', '--pid', String(pid), '--target', host.target, '-o', folder.file('bundle')];
    const rooms = async (): Promise<string[]> =>
      (await readdir(host.workFolder)).filter((name) => name.startsWith('.capture-'));
    const killed = host.start(args);
    const made = async () => ((await rooms()).length > 0 ? true : undefined);
    expect(await poll(made, { signal, deadlineMs: 30_000, everyMs: 5 })).to.equal(true);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(await rooms()).to.have.length(1);
    await lab(args);
    expect(await rooms()).to.deep.equal([]);
    const here = await readdir(folder.file('bundle'));
    expect(here).to.have.members([`core.${pid}`, 'server', 'bundle.json']);
  });
});
