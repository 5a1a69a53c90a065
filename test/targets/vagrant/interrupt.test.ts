import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { poll } from '../../../lab/deadline.js';
import { identityOf, isSameProcess } from '../../../lab/targets/process-identity.js';
import { vagrantIn } from '../../../lab/targets/vagrant/vagrant.js';
import { rejectsWith } from '../../rejects.js';
import { alive, scripted } from './scripted.js';

const { signal } = new AbortController();

describe('interrupting vagrant', () => {
  it('sends one SIGINT and waits until it has put things away', async () => {
    await using lab = await scripted([{ command: 'up', hangs: true, endsAfterInterruptMs: 300 }], {
      patience: { afterInterruptMs: 20_000, afterTermMs: 20_000 },
    });
    const controller = new AbortController();
    const work = lab.vagrant.up({}, { signal: controller.signal });
    await lab.began('up');
    controller.abort();
    controller.abort(); // A second one changes nothing.
    await rejectsWith('interrupted', work);
    expect(lab.signals()).to.deep.equal(['SIGINT']);
    expect(lab.pids().some(alive)).to.equal(false);
  });

  it('goes on to SIGTERM, and from there to KILL', async () => {
    await using polite = await scripted([{ command: 'up', hangs: true }]);
    const first = new AbortController();
    const work = polite.vagrant.up({}, { signal: first.signal });
    await polite.began('up');
    first.abort();
    await rejectsWith('interrupted', work);
    expect(polite.signals()).to.deep.equal(['SIGINT', 'SIGTERM']);

    await using stubborn = await scripted([{ command: 'up', hangs: true, ignoresTerm: true }]);
    const second = new AbortController();
    const hopeless = stubborn.vagrant.up({}, { signal: second.signal });
    await stubborn.began('up');
    second.abort();
    await rejectsWith('interrupted', hopeless);
    expect(stubborn.signals()).to.deep.equal(['SIGINT', 'SIGTERM']);
    expect(stubborn.pids().some(alive)).to.equal(false);
  });

  it('reaches Vagrant itself behind a launcher that hands nothing on, and ends both', async () => {
    await using lab = await scripted([{ command: 'up', hangs: true, endsAfterInterruptMs: 50 }]);
    const [node, program, script] = lab.options.command;
    const launcher = lab.folder.file('launcher.mjs');
    await writeFile(
      launcher,
      `import { spawn } from 'node:child_process';
       for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => undefined);
       const child = spawn(process.execPath, process.argv.slice(2), { argv0: 'ruby', stdio: 'inherit' });
       child.on('exit', (code) => process.exit(code ?? 1));`,
    );
    const vagrant = vagrantIn({
      ...lab.options,
      command: [node ?? '', launcher, program ?? '', script ?? ''],
      patience: { afterInterruptMs: 20_000, afterTermMs: 20_000 },
    });
    const controller = new AbortController();
    const work = vagrant.up({}, { signal: controller.signal });
    await lab.began('up');
    controller.abort();
    await rejectsWith('interrupted', work);
    expect(lab.signals()).to.deep.equal(['SIGINT']);
    expect(lab.pids().some(alive)).to.equal(false);
  });

  it('starts nothing when it was interrupted before', async () => {
    await using lab = await scripted([{ command: '' }]);
    const work = lab.vagrant.up({}, { signal: AbortSignal.abort() });
    const ended = await work.then(
      () => 'done',
      () => 'refused',
    );
    expect(ended).to.equal('refused');
    expect(lab.commands()).to.deep.equal([]);
  });

  it('ends a step that runs past its deadline, and says which setting gives it more time', async () => {
    await using lab = await scripted([
      { command: 'up', stdout: ['1,m,ui,info,==> m: Waiting\n'], hangs: true, endsAfterInterruptMs: 10 },
    ]);
    const error = await rejectsWith('target', lab.vagrant.up({}, { signal, deadlineMs: 1_500 }));
    expect(error.details['failure']).to.equal('late');
    expect(error.message).to.contain('not done within 2 s').and.to.contain('Waiting');
    expect(error.hint).to.contain('LAB_VM_TIMEOUT=3');
    expect(lab.pids().some(alive)).to.equal(false);
  });

  it('does not wait for a daemon that holds the pipes', async () => {
    await using lab = await scripted([{ command: '' }]);
    const script = lab.folder.file('daemon.mjs');
    await writeFile(
      script,
      `import { spawn } from 'node:child_process';
       const child = spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
       child.unref();
       console.log('Vagrant 9.' + child.pid);
       process.exit(0);`,
    );
    const vagrant = vagrantIn({ ...lab.options, command: [process.execPath, script] });
    const version = await vagrant.version({ signal, deadlineMs: 30_000 });
    const pid = Number(version.slice(2));
    expect(alive(pid)).to.equal(true);
    process.kill(pid, 'SIGKILL');
  });

  it('leaves nothing behind of what Vagrant had started and did not wait for', async () => {
    await using lab = await scripted([{ command: '' }]);
    const script = lab.folder.file('careless.mjs');
    await writeFile(
      script,
      `import { spawn } from 'node:child_process';
       const child = spawn('sleep', ['60'], { stdio: 'ignore' });
       console.log('1,m,ui,info,' + child.pid);
       process.on('SIGINT', () => process.exit(1));
       setInterval(() => undefined, 60_000);`,
    );
    const vagrant = vagrantIn({ ...lab.options, command: [process.execPath, script] });
    const controller = new AbortController();
    let pid = 0;
    const work = vagrant.up(
      {},
      {
        signal: controller.signal,
        onRecord(record) {
          if (record.kind !== 'ui') return;
          pid = Number(record.level === 'info' ? record.text : 0);
          controller.abort();
        },
      },
    );
    await rejectsWith('interrupted', work);
    expect(pid).to.be.greaterThan(1);
    await gone(pid);
  });
});

/** A killed process is a zombie until init has reaped it. */
async function gone(pid: number): Promise<void> {
  const identity = await identityOf(pid);
  if (identity === undefined) return;
  const seen = await poll(async () => ((await isSameProcess(identity)) ? undefined : true), {
    signal,
    deadlineMs: 5_000,
    everyMs: 20,
  });
  expect(seen).to.equal(true);
}
