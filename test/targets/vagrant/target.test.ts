import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { LabError } from '../../../lab/errors.js';
import { localTarget } from '../../../lab/targets/local.js';
import type { Endpoint, Target } from '../../../lab/targets/target.js';
import type { ForwardedPort } from '../../../lab/targets/vagrant/api.js';
import { establishedAt, reachGuest } from '../../../lab/targets/vagrant/reach.js';
import { type Connect, pathInGuest, vagrantTarget } from '../../../lab/targets/vagrant/target.js';
import { rejectsWith } from '../../rejects.js';
import { tempFolder } from '../../temp-folder.js';
import { plays, scripted } from './scripted.js';

const { signal } = new AbortController();
const throughSsh: Endpoint = { host: '127.0.0.1', port: 9 };

/** This machine plays the guest: what its kernel tells of connections is real. */
function guest(more: Partial<Target> = {}): Target {
  return { ...localTarget(), reach: async () => throughSsh, mirror: async () => '/by/ssh', ...more };
}

async function listening(): Promise<{ port: number } & AsyncDisposable> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const reach = (port: number, name: string, forwarded: readonly ForwardedPort[], ssh = guest()) =>
  reachGuest(port, { name, ssh, forwarded: async () => forwarded, tryMs: 5_000 }, signal);

describe('reaching a port of the guest', () => {
  it('goes by its name where the name leads to it', async () => {
    await using server = await listening();
    expect(await reach(server.port, 'localhost', [])).to.deep.equal({ host: 'localhost', port: server.port });
  });

  it('goes by the forwarded port where the name is not known', async () => {
    await using server = await listening();
    const way = await reach(server.port, 'no-such-name.invalid', [{ guest: server.port, host: server.port }]);
    expect(way).to.deep.equal({ host: '127.0.0.1', port: server.port });
  });

  it('goes through SSH where something answers that is not the guest', async () => {
    await using server = await listening();
    const elsewhere = guest({ readFile: async () => '' });
    const forwarded = [{ guest: server.port, host: server.port }];
    expect(await reach(server.port, 'localhost', forwarded, elsewhere)).to.deep.equal(throughSsh);
  }).timeout(20_000);

  it('goes through SSH where nothing answers', async () => {
    const { port } = await listening().then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    expect(await reach(port, 'localhost', [{ guest: port, host: port }])).to.deep.equal(throughSsh);
  });

  it('stops when it is interrupted', async () => {
    const options = { name: 'localhost', ssh: guest(), forwarded: async () => [], tryMs: 5_000 };
    const refused = await reachGuest(1, options, AbortSignal.abort()).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
  });

  it('counts the connections of a port as the kernel lists them', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue',
      '   0: 0100007F:2760 00000000:0000 0A 00000000:00000000',
      '   1: 0100007F:2760 0100007F:9C40 01 00000000:00000000',
      '   2: 0100007F:9C40 0100007F:2760 01 00000000:00000000',
      '   3: 0000000000000000FFFF00000100007F:2760 0000000000000000FFFF00000100007F:9C42 01 00000000:00000000',
    ].join('\n');
    expect(establishedAt(0x2760, table)).to.equal(2);
    expect(establishedAt(80, table)).to.equal(0);
  });
});

describe('the vagrant target', () => {
  const working = [
    plays('status', 'status-absent'),
    plays('ssh-config', 'ssh-config'),
    plays('plugin list', 'box-list-empty'),
    plays('up', 'up-again'),
    plays('', 'version'),
  ];

  it('brings the machine up, works through SSH, and ends both in order', async () => {
    await using lab = await scripted(working);
    const order: string[] = [];
    const target = await vagrantTarget(
      {
        ...lab.options,
        provider: 'libvirt',
        synced: [],
        async connect(host) {
          order.push(`${host.user}@${host.host}:${host.port}`);
          return guest({
            async [Symbol.asyncDispose]() {
              order.push(`closed after ${lab.commands().length}`);
            },
          });
        },
      },
      lab.emit,
      signal,
    );
    expect(target).to.include({ kind: 'vagrant', name: 'server-test-1', listenHost: '0.0.0.0' });
    expect((await target.exec(['echo', 'in the guest'], { signal })).stdout).to.equal('in the guest\n');
    const before = lab.commands().length;
    await target[Symbol.asyncDispose]();
    expect(order).to.deep.equal(['vagrant@192.168.121.23:22', `closed after ${before}`]);
    expect(lab.commands().at(-1)).to.equal('destroy server-test-1 --force');
  });

  it('puts the machine away when nobody can connect', async () => {
    await using lab = await scripted(working);
    const connect = async (): Promise<Target> => {
      throw new Error('refused');
    };
    const work = vagrantTarget(
      { ...lab.options, provider: 'libvirt', synced: [], connect },
      lab.emit,
      signal,
    );
    const message = await work.then(
      () => 'connected',
      (error: unknown) => String(error),
    );
    expect(message).to.equal('Error: refused');
    expect(lab.commands().at(-1)).to.equal('destroy server-test-1 --force');
  });

  it('finds synced folders where the Vagrantfile put them, as they are now, and copies others', async () => {
    await using lab = await scripted([plays('status', 'status-running'), ...working.slice(1)]);
    await using here = await tempFolder();
    const connect = async (): Promise<Target> => guest();
    const synced = [{ local: here.path, guest: here.path }];
    await using target = await vagrantTarget({ ...lab.options, synced, connect }, lab.emit, signal);
    expect(await target.mirror(here.path, signal)).to.equal(here.path);
    expect(lab.commands().at(-1)).to.equal('rsync server-test-1');
    expect(await target.mirror(lab.options.folder, signal)).to.equal('/by/ssh');
    await using other = await scripted([plays('status', 'status-running'), ...working.slice(1)]);
    const missing = [{ local: here.path, guest: '/nowhere/in/the/guest' }];
    const options = { ...other.options, synced: missing, connect };
    await using without = await vagrantTarget(options, other.emit, signal);
    expect(await without.mirror(here.path, signal)).to.equal('/by/ssh');
  });

  it('asks once for a way to a port, and again when that failed', async () => {
    await using lab = await scripted([plays('status', 'status-running'), ...working.slice(1)]);
    let asked = 0;
    const connect = async (): Promise<Target> =>
      guest({
        readFile: async () => '',
        reach: async () => {
          asked += 1;
          if (asked === 1) throw new Error('cut');
          return throughSsh;
        },
      });
    await using target = await vagrantTarget({ ...lab.options, synced: [], connect }, lab.emit, signal);
    const first = await target.reach(7, signal).then(
      () => 'reached',
      () => 'failed',
    );
    expect(first).to.equal('failed');
    expect(await target.reach(7, signal)).to.deep.equal(throughSsh);
    expect(await target.reach(7, signal)).to.deep.equal(throughSsh);
    expect(asked).to.equal(2);
  });

  it('tells a machine that was stopped from a connection that was lost, and waits for it no longer', async () => {
    const running = plays('status', 'status-running');
    const plan = [running, running, plays('status', 'status-shutoff'), ...working.slice(1)];
    await using lab = await scripted(plan);
    const cut = new LabError('the connection was lost', { code: 'target', details: { reason: 'lost' } });
    let gone = false;
    const connect: Connect = async (_host, power) => {
      power.gone.addEventListener('abort', () => {
        gone = true;
      });
      return guest({ exec: () => Promise.reject(cut) });
    };
    await using target = await vagrantTarget({ ...lab.options, synced: [], connect }, lab.emit, signal);
    const lost = await rejectsWith('target', target.exec(['true'], { signal }));
    expect(lost).to.equal(cut);
    expect(gone).to.equal(false);
    const stopped = await rejectsWith('target', target.exec(['true'], { signal }));
    expect(stopped.details).to.include({ failure: 'stopped', state: 'shutoff' });
    expect(stopped.message).to.contain('server-test-1 was stopped');
    expect(gone).to.equal(true);
  });

  it('maps paths inside synced folders only', async () => {
    await using here = await tempFolder();
    const synced = [{ local: here.path, guest: '/vagrant/go-server' }];
    expect(await pathInGuest(here.path, synced)).to.equal('/vagrant/go-server');
    expect(await pathInGuest(here.path, [{ local: `${here.path}-other`, guest: '/x' }])).to.equal(undefined);
    expect(await pathInGuest('/', synced)).to.equal(undefined);
  });

  it('says which tool is missing before it starts anything', async () => {
    await using lab = await scripted(working, { command: ['/nowhere/vagrant'] });
    const connect = async (): Promise<Target> => guest();
    await rejectsWith(
      'missing-tool',
      vagrantTarget({ ...lab.options, synced: [], connect }, lab.emit, signal),
    );
  });
});
