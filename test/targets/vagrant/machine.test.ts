import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { openMachine } from '../../../lab/targets/vagrant/machine.js';
import type { Play } from '../../fakes/vagrant.js';
import { rejectsWith } from '../../rejects.js';
import { alive, plays, scripted } from './scripted.js';

const { signal } = new AbortController();
const name = 'server-test-1';
const quick = { lockedMs: 10_000, provider: 'libvirt' };

/** A machine that works; what is asked of it, more than once where it changes. */
const working: readonly Play[] = [
  plays('up', 'up-again'),
  plays('ssh-config', 'ssh-config'),
  plays('plugin list', 'plugin-list'),
  plays('hostmanager', 'version'),
  plays('destroy', 'destroy'),
  plays('halt', 'halt'),
  plays('port', 'virtualbox-missing', { exitCode: 1 }),
];

describe('a machine', () => {
  it('that did not exist is made, named, and destroyed in the end', async () => {
    await using lab = await scripted([plays('status', 'status-absent'), ...working]);
    {
      await using machine = await openMachine({ ...lab.options, ...quick }, lab.emit, signal);
      expect(machine).to.include({ name, began: 'made', provider: 'libvirt' });
      expect(machine.host.host).to.equal('192.168.121.23');
      expect(await machine.forwarded(signal)).to.deep.include({ guest: 10080, host: 10080 });
    }
    expect(lab.commands()).to.deep.equal([
      'plugin list',
      `status ${name}`,
      `up ${name} --provider=libvirt`,
      `ssh-config ${name}`,
      `port ${name}`,
      `destroy ${name} --force`,
    ]);
  });

  it('that was off is halted in the end, and one that ran already stays', async () => {
    await using off = await scripted([plays('status', 'status-shutoff'), ...working]);
    await (await openMachine({ ...off.options, ...quick }, off.emit, signal))[Symbol.asyncDispose]();
    expect(off.commands().at(-1)).to.equal(`halt ${name}`);
    await using on = await scripted([plays('status', 'status-running'), ...working]);
    const machine = await openMachine({ ...on.options, ...quick }, on.emit, signal);
    expect(machine.began).to.equal('ran');
    await machine[Symbol.asyncDispose]();
    expect(on.commands()).not.to.include.members(['up', 'halt', 'destroy']);
    expect(on.commands().at(-1)).to.equal('hostmanager --provider libvirt');
  });

  it('is kept when it was asked for', async () => {
    await using lab = await scripted([plays('status', 'status-absent'), ...working]);
    const machine = await openMachine({ ...lab.options, ...quick, keep: true }, lab.emit, signal);
    await machine[Symbol.asyncDispose]();
    expect(lab.commands()).not.to.include(`destroy ${name} --force`);
    expect(lab.notes().at(-1)).to.contain('stays');
  });

  it('is undone when it is interrupted half-way, with one SIGINT and nothing left', async () => {
    await using lab = await scripted([
      plays('status', 'status-absent'),
      plays('up', 'up-again', { hangs: true, endsAfterInterruptMs: 50 }),
      ...working,
    ]);
    const controller = new AbortController();
    const work = openMachine({ ...lab.options, ...quick }, lab.emit, controller.signal);
    await lab.began('up');
    controller.abort();
    await rejectsWith('interrupted', work);
    expect(lab.signals()).to.deep.equal(['SIGINT']);
    expect(lab.commands().at(-1)).to.equal(`destroy ${name} --force`);
    expect(lab.pids().some(alive)).to.equal(false);
  });

  it('is undone when it does not come up, and the first error is the one that is told', async () => {
    await using lab = await scripted([
      plays('status', 'status-absent'),
      plays('up', 'up-provision-failed', { exitCode: 1 }),
      plays('destroy', 'destroy-refused', { exitCode: 1 }),
      ...working,
    ]);
    const error = await rejectsWith('target', openMachine({ ...lab.options, ...quick }, lab.emit, signal));
    expect(error.details['failure']).to.equal('provisioning');
    const notes = lab.notes().join('\n');
    expect(notes).to.contain('could not be put away').and.to.contain('vagrant destroy -f');
  });

  it('waits for another vagrant that holds it, and gives up in the end', async () => {
    const locked = plays('up', 'machine-locked', { exitCode: 1 });
    await using lab = await scripted([plays('status', 'status-absent'), locked, locked, ...working]);
    await (await openMachine({ ...lab.options, ...quick }, lab.emit, signal))[Symbol.asyncDispose]();
    expect(lab.commands().filter((each) => each.startsWith('up')).length).to.equal(3);
    await using never = await scripted([plays('status', 'status-absent'), locked, ...working.slice(1)]);
    const error = await rejectsWith(
      'target',
      openMachine({ ...never.options, ...quick, lockedMs: 100 }, never.emit, signal),
    );
    expect(error.details['failure']).to.equal('machine-locked');
    expect(never.commands()).not.to.include(`destroy ${name} --force`);
  });

  it('that another brought up meanwhile is theirs', async () => {
    await using lab = await scripted([
      plays('status', 'status-absent'),
      plays('status', 'status-running'),
      plays('up', 'machine-locked', { exitCode: 1 }),
      ...working.slice(1),
    ]);
    const machine = await openMachine({ ...lab.options, ...quick }, lab.emit, signal);
    expect(machine.began).to.equal('ran');
    await machine[Symbol.asyncDispose]();
    expect(lab.commands()).not.to.include(`destroy ${name} --force`);
  });

  it('is looked at again while it is in between, and asked for SSH again while it boots', async () => {
    await using lab = await scripted([
      { command: 'status', stdout: [`1,${name},state,shutting_down\n`] },
      plays('status', 'status-running'),
      plays('ssh-config', 'ssh-not-ready', { exitCode: 1 }),
      ...working,
    ]);
    await using machine = await openMachine({ ...lab.options, ...quick }, lab.emit, signal);
    expect(machine.began).to.equal('ran');
    expect(lab.commands().filter((each) => each.startsWith('ssh-config')).length).to.equal(2);
  });

  it('does without a name where the plugin crashes', async () => {
    await using lab = await scripted([
      plays('status', 'status-running'),
      plays('hostmanager', 'hostmanager-crash', { exitCode: 1 }),
      ...working,
    ]);
    await using machine = await openMachine({ ...lab.options, ...quick }, lab.emit, signal);
    expect(machine.began).to.equal('ran');
    expect(lab.notes().join('\n')).to.contain('has no name here');
  });

  it('belongs to one lab at a time, and the other does not touch it', async () => {
    await using lab = await scripted([plays('status', 'status-absent'), ...working]);
    const other = join(lab.options.folder, '.vagrant', `lab-${name}.lock.1`);
    await mkdir(dirname(other), { recursive: true });
    await writeFile(other, '{"pid":1,"startTicks":1,"pids":"pid:[1]"}');
    const error = await rejectsWith('target', openMachine({ ...lab.options, ...quick }, lab.emit, signal));
    expect(error.message).to.contain('process 1');
    expect(lab.commands()).to.deep.equal([]);
  });

  it('is opened by one of several that come at once', async () => {
    await using lab = await scripted([plays('status', 'status-absent'), ...working]);
    const all = await Promise.allSettled(
      [1, 2, 3].map(() => openMachine({ ...lab.options, ...quick }, lab.emit, signal)),
    );
    const opened = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(opened.length).to.equal(1);
    await opened[0]?.[Symbol.asyncDispose]();
    expect(lab.commands().filter((each) => each.startsWith('up')).length).to.equal(1);
  });
});
