import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { findBalancer } from '../../lab/fleet/balancer/index.js';
import type { FleetHost } from '../../lab/fleet/fleet-host.js';
import { openNamespace } from '../../lab/fleet/namespace.js';
import { fleetResultSchema } from '../../lab/fleet/result.js';
import { localTarget } from '../../lab/targets/local.js';
import { lab, startLab } from '../lab-process.js';
import { noSshd, type Sshd, startSshd } from '../sshd.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const documentSchema = z.object({
  dir: z.string(),
  conclusion: z.object({ verdict: z.string(), summary: z.string(), reasons: z.array(z.string()) }),
  fleet: fleetResultSchema,
});
const names = ['server-7', 'server-8'] as const;
const target = names.map((name) => `ssh://${name}`).join(',');

/** Two hosts in namespaces of their own, each with an `sshd` of its own and nothing else in common but files. */
describe('a fleet on hosts over SSH', function () {
  this.timeout(300_000);
  let folder: TempFolder;
  let env: Record<string, string>;
  const hosts: Omit<FleetHost, 'exe' | 'goVersion'>[] = [];
  const sshds: Sshd[] = [];

  before(async function () {
    const found = await findBalancer(localTarget(), 'haproxy', signal).catch(() => undefined);
    // Namespaces need root.
    if (found === undefined || noSshd !== undefined || process.getuid?.() !== 0) this.skip();
    folder = await tempFolder();
    const config: string[] = [];
    for (const name of names) {
      const host = await openNamespace(localTarget(), signal);
      hosts.push(host);
      const sshd = await startSshd([`SetEnv "PATH=${process.env['PATH']}"`], host.target);
      sshds.push(sshd);
      config.push(
        `Host ${name}`,
        `  HostName ${sshd.host}`,
        `  Port ${sshd.port}`,
        `  User ${sshd.user}`,
        `  IdentityFile ${sshd.identityFile}`,
        `  UserKnownHostsFile ${sshd.knownHosts}`,
        '  IdentitiesOnly yes',
        '  GlobalKnownHostsFile none',
      );
    }
    await writeFile(folder.file('ssh_config'), `${config.join('\n')}\n`);
    await mkdir(folder.file('there'));
    env = {
      LAB_RUNS: folder.file('runs'),
      LAB_SSH_CONFIG: folder.file('ssh_config'),
      LAB_TARGET_FOLDER: folder.file('there'),
    };
  });

  after(async () => {
    for (const sshd of sshds) await sshd.stop();
    for (const host of hosts) await host[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const setLink = async (of: (typeof names)[number], state: 'up' | 'down'): Promise<void> => {
    const argv = ['ip', 'link', 'set', 'eth0', state];
    const host = hosts[names.indexOf(of)];
    const process = await host?.target.start(argv, { signal, logFile: folder.file('ip') });
    await process?.exited;
  };

  it('hangs host by host, and every core comes home', async () => {
    const running = startLab(['run', 'fleet', '--target', target, '--load-timeout', '180', '--json'], env);
    const { exitCode, stdout, stderr } = await running.ended;
    const { fleet, dir, conclusion } = documentSchema.parse(JSON.parse(stdout));
    expect(exitCode, `${conclusion.reasons.join('\n')}\n${stderr}`).to.equal(0);
    const places = new Set(fleet.instances.map(({ host }) => host.split(' at ')[0]));
    expect([...places]).to.have.members([...names]);
    expect(fleet.findings).to.have.length(1);
    for (const { name, core } of fleet.instances.filter(({ hungAt }) => hungAt !== null)) {
      expect(existsSync(join(dir, core ?? 'none')), name).to.equal(true);
      expect(existsSync(join(dir, name, 'server.log')), name).to.equal(true);
    }
    expect(await readdir(folder.file('there/runs'))).to.deep.equal([]);
  });

  it('is inconclusive when a host goes away, keeps its evidence, and is tidied up when it is back', async () => {
    const running = startLab(['run', 'fleet', '--target', target, '--load-timeout', '20'], env);
    await running.said('requests/s through the balancer', 120_000);
    await setLink('server-8', 'down');
    try {
      const { exitCode, stdout, stderr } = await running.ended;
      expect(exitCode, `${stdout}\n${stderr}`).to.equal(2);
      expect(stdout).to.match(/cut off/);
    } finally {
      await setLink('server-8', 'up');
    }
    const [dir = ''] = (await readdir(env['LAB_RUNS'] ?? '')).sort().slice(-1);
    const saved = (name: string): string => join(env['LAB_RUNS'] ?? '', dir, name);
    for (const file of ['fleet.jsonl', 'fleet.json', 'report.html', 'balancer.log']) {
      expect(existsSync(saved(file)), file).to.equal(true);
    }
    const { exitCode, stderr } = await lab(['clean', '--yes'], env);
    expect(exitCode, stderr).to.equal(0);
    const { stdout: left } = await execa('ps', ['-eo', 'args=']);
    expect(left.split('\n').filter((line) => line.startsWith(folder.file('there')))).to.deep.equal([]);
    expect(await readdir(folder.file('there/runs'))).to.deep.equal([]);
  });
});
