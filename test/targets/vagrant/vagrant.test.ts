import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { rejectsWith } from '../../rejects.js';
import { plays, recorded, scripted } from './scripted.js';

const { signal } = new AbortController();
const box = (name: string, provider: string, version: string) =>
  `1,,ui,info,x\n1,,box-name,${name}\n1,,box-provider,${provider}\n1,,box-version,${version}\n`;

describe('the wrapper of vagrant', () => {
  it('hands arguments on as they are, one step one command', async () => {
    await using lab = await scripted([plays('', 'version')]);
    const { vagrant } = lab;
    const call = { signal };
    await vagrant.up({ machine: 'm', provider: 'libvirt', provision: false }, call);
    await vagrant.up({}, call);
    await vagrant.provision('m', call);
    await vagrant.halt('m', call);
    await vagrant.destroy('m', call);
    await vagrant.snapshot.save('m', 'before; load', call);
    await vagrant.snapshot.restore('m', 'before', call);
    await vagrant.snapshot.delete('m', 'before', call);
    await vagrant.rsync('m', call);
    await vagrant.boxAdd('file:///a b.json', { name: 'x', provider: 'libvirt', version: '1' }, call);
    await vagrant.hostmanager({ provider: 'libvirt' }, call);
    expect(await vagrant.version(call)).to.equal('2.3.4');
    expect(lab.commands()).to.deep.equal([
      'up m --provider=libvirt --no-provision',
      'up',
      'provision m',
      'halt m',
      'destroy m --force',
      'snapshot save m before; load --force',
      'snapshot restore m before --no-provision',
      'snapshot delete m before',
      'rsync m',
      'box add file:///a b.json --name x --provider libvirt --box-version 1',
      'hostmanager --provider libvirt',
      '--version',
    ]);
  });

  it('tells progress while it happens and in its order, and logs all of it', async () => {
    const lines = recorded('up-again').split(/(?<=\n)/);
    await using lab = await scripted([{ command: 'up', stdout: lines, everyMs: 10 }]);
    let told = 0;
    const seen: number[] = [];
    await lab.vagrant.up(
      { machine: 'server-test-1' },
      {
        signal,
        onRecord: () => {
          told += 1;
          seen.push(lab.notes().length);
        },
      },
    );
    expect(told).to.equal(lines.length);
    expect(seen[5]).to.be.below(seen.at(-1) ?? 0);
    const notes = lab.notes();
    expect(notes).to.include('server-test-1: Starting domain.');
    expect(notes.indexOf('server-test-1: Starting domain.')).to.be.below(
      notes.indexOf('server-test-1: Machine booted and ready!'),
    );
    expect(notes.join('\n')).not.to.contain('==>');
    const log = await readFile(lab.options.logFile, 'utf8');
    expect(log)
      .to.match(/^\$ .* up server-test-1/)
      .and.to.contain(lines.join(''));
  });

  it('reads states of all providers', async () => {
    await using lab = await scripted([
      plays('status', 'status-running'),
      plays('status', 'status-shutoff'),
      plays('status', 'status-absent'),
      { command: 'status', stdout: ['1,server-test-1,state,poweroff\n'] },
      { command: 'status', stdout: ['1,server-test-1,state,preparing\n'] },
    ]);
    const seen = [];
    for (let look = 0; look < 5; look++) seen.push(await lab.vagrant.status('server-test-1', { signal }));
    expect(seen.map(({ power }) => power)).to.deep.equal(['running', 'off', 'absent', 'off', undefined]);
    expect(seen[0]?.provider).to.equal('libvirt');
  });

  it('looks again when a machine tells no state, and gives up in the end', async () => {
    const silent = { command: 'status', stdout: ['1,other,state,running\n1,server-test-1,state\n'] };
    await using lab = await scripted([silent, silent, plays('status', 'status-running')]);
    expect((await lab.vagrant.status('server-test-1', { signal })).power).to.equal('running');
    expect(lab.commands().length).to.equal(3);
    await using never = await scripted([silent]);
    const error = await rejectsWith('target', never.vagrant.status('server-test-1', { signal }));
    expect(error.message).to.contain('no state of server-test-1, 3 times');
    expect(never.commands().length).to.equal(3);
  });

  it('reads lists of boxes, plugins, snapshots and ports', async () => {
    await using lab = await scripted([
      { command: 'box list', stdout: [box('lab/one', 'libvirt', '1.0'), box('lab/two', 'virtualbox', '0')] },
      plays('box list', 'box-list-empty'),
      plays('plugin list', 'plugin-list'),
      plays('snapshot list', 'snapshot-list-absent'),
      {
        command: 'snapshot list',
        stdout: ['1,m,ui,output,==> m: \n1,,ui,detail,before\n1,,ui,detail,after load\n'],
      },
      {
        command: 'snapshot list',
        stdout: [
          '1,m,ui,output,==> m: No snapshots have been taken yet!\n1,m,ui,detail,    m: You can take one\n',
        ],
      },
      { command: 'port', stdout: ['1,m,forwarded_port,22,2222\n1,m,forwarded_port,10080,2201\n'] },
    ]);
    const { vagrant } = lab;
    expect(await vagrant.boxList({ signal })).to.deep.equal([
      { name: 'lab/one', provider: 'libvirt', version: '1.0' },
      { name: 'lab/two', provider: 'virtualbox', version: '0' },
    ]);
    expect(await vagrant.boxList({ signal })).to.deep.equal([]);
    expect([...(await vagrant.pluginList({ signal }))]).to.deep.equal([
      ['vagrant-hostmanager', '1.8.9'],
      ['vagrant-libvirt', '0.11.2'],
    ]);
    expect(await vagrant.snapshot.list('m', { signal })).to.deep.equal([]);
    expect(await vagrant.snapshot.list('m', { signal })).to.deep.equal(['before', 'after load']);
    expect(await vagrant.snapshot.list('m', { signal })).to.deep.equal([]);
    expect(await vagrant.ports('m', { signal })).to.deep.include({ guest: 10080, host: 2201 });
  });

  it('leaves a box alone that is there already', async () => {
    await using lab = await scripted([plays('box add', 'box-there', { exitCode: 1 })]);
    await lab.vagrant.boxAdd('file:///tiny.box', { name: 'lab/tiny' }, { signal });
  });

  it('reads the configuration for SSH from its record, and where there is none from plain lines', async () => {
    await using lab = await scripted([
      plays('ssh-config', 'ssh-config'),
      plays('ssh-config', 'ssh-config-plain'),
    ]);
    const typed = await lab.vagrant.sshConfig('server-test-1', { signal });
    expect(typed).to.deep.equal([
      {
        name: 'server-test-1',
        host: '192.168.121.23',
        port: 22,
        user: 'vagrant',
        identityFiles: ['/home/reader/lab/vagrant/.vagrant/machines/server-test-1/libvirt/private_key'],
        checkHostKey: false,
      },
    ]);
    expect(await lab.vagrant.sshConfig('server-test-1', { signal })).to.deep.equal(typed);
  });

  it('runs side by side without mixing what each told', async () => {
    const tell = (name: string) => ({
      command: `snapshot list ${name}`,
      stdout: [`1,${name},ui,output,==> ${name}: \n`, `1,,ui,detail,of ${name}\n`],
      everyMs: 20,
    });
    await using lab = await scripted(['a', 'b', 'c'].map(tell));
    const lists = await Promise.all(
      ['a', 'b', 'c'].map((name) => lab.vagrant.snapshot.list(name, { signal })),
    );
    expect(lists).to.deep.equal([['of a'], ['of b'], ['of c']]);
  });
});
