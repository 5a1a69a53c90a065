import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { bundleSchema } from '../../lab/capture/bundle.js';
import { openRun, type Run } from '../../lab/store/run-store.js';
import type { LabResult } from '../lab-process.js';
import { noSshd } from '../sshd.js';
import { tempFolder } from '../temp-folder.js';
import { type SshHost, startHost } from './ssh-host.js';

describe('a run on a host over SSH that is disturbed', function () {
  this.timeout(120_000);
  let host: SshHost;
  let args: readonly string[];

  before(async function () {
    if (noSshd !== undefined) {
      console.error(`    skipped: ${noSshd}`);
      this.skip();
    }
    host = await startHost();
    args = ['run', 'catalog', '--target', host.target];
  });

  afterEach(() => rm(host.runs, { recursive: true, force: true }));
  after(() => host?.[Symbol.asyncDispose]());

  const theRun = async (): Promise<Run> => {
    const [name = ''] = (await readdir(host.runs)).slice(-1);
    return await openRun(join(host.runs, name));
  };

  const succeeds = async (ended: Promise<LabResult>): Promise<LabResult> => {
    const result = await ended;
    expect(result.exitCode, result.stderr).to.equal(0);
    return result;
  };

  const whole = async (): Promise<void> => {
    const { core, sha256 } = bundleSchema.parse((await theRun()).record.stages['capture']?.['result']);
    expect((await execa('sha256sum', [core])).stdout.slice(0, 64)).to.equal(sha256.core);
  };

  /** The processes of the host that show that the stage is under way. */
  const loaded = /^\S+\/server /;
  const captures = { gcore: /^gdb .*gcore /, helper: /\/capture core / } as const;

  const moments = [
    { moment: 'load', stage: 'load', pattern: loaded, more: [] },
    ...Object.entries(captures).map(([method, pattern]) => {
      return { moment: `capture by ${method}`, stage: 'capture', pattern, more: ['--capture', method] };
    }),
  ];
  for (const { moment, stage, pattern, more } of moments) {
    it(`leaves at most the server when it is killed during ${moment}, which lab clean ends`, async () => {
      const running = host.start([...args, ...more]);
      await running.said(`${stage} `);
      await host.process(pattern);
      running.kill('SIGKILL');
      await running.ended;
      await succeeds(host.start(['clean', '--yes']).ended);
      expect(await host.leftovers()).to.deep.equal([]);
    });
  }

  it('leaves nothing running there at Ctrl-C', async () => {
    const running = host.start(args);
    await running.said('load ');
    await host.process(loaded);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(130);
    expect(stderr).to.contain((await theRun()).dir);
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('bears cut connections and Ctrl-C while a core is taken and brought home', async () => {
    await succeeds(host.start(['provision', ...args.slice(1), '--capture', 'gcore']).ended);
    for (const stage of ['build', 'start']) await succeeds(host.start([stage]).ended);

    const stopped = host.start(['capture']);
    await host.process(captures.gcore);
    stopped.kill('SIGINT');
    expect((await stopped.ended).exitCode).to.equal(130);
    expect(await host.leftovers(/gdb|capture|core/)).to.deep.equal([]);

    const written = host.start(['capture']);
    await host.process(captures.gcore);
    host.cut();
    expect((await succeeds(written.ended)).stderr).to.contain('once more');
    await whole();

    const brought = host.start(['capture']);
    // It lives as long as the transfer; each dd beside it brings some blocks only.
    await host.process(/^gzip -1 -c/);
    host.cut();
    await succeeds(brought.ended);
    await whole();

    await succeeds(host.start(['stop']).ended);
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('says that the disk there is full, before the server is stopped for a core', async function () {
    await using disk = await tempFolder();
    const mount = ['-t', 'tmpfs', '-o', 'size=60m', 'none', disk.path];
    if ((await execa('mount', mount, { reject: false })).exitCode !== 0) {
      console.error('    skipped: a file system of its own needs root');
      return this.skip();
    }
    try {
      const running = host.start([...args, '--capture', 'gcore'], { LAB_TARGET_FOLDER: disk.path });
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).to.equal(69);
      expect(stderr.replaceAll(/\s+/g, ' ')).to.match(
        /error: the core needs \d+ MB .* on server-7 has \d+ MB free/,
      );
      expect(host.processes()).to.deep.equal([]);
      expect(await readdir(join(disk.path, 'runs'))).to.deep.equal([]);
    } finally {
      await execa('umount', ['-l', disk.path]);
    }
  });

  it('ends before anything is sent when the host cannot be trusted or lets nobody in', async () => {
    const config = await readFile(host.file('ssh_config'), 'utf8');
    const with_ = async (change: (text: string) => string): Promise<LabResult> => {
      await writeFile(host.file('changed_config'), change(config));
      return await host.start(args, { LAB_SSH_CONFIG: host.file('changed_config') }).ended;
    };
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', host.file('stranger')]);
    const other = (await readFile(host.file('stranger.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
    await writeFile(host.file('changed'), `[127.0.0.1]:${host.sshd.port} ${other}\n`);
    const results = [
      await with_((text) => text.replace(/UserKnownHostsFile .*/, 'UserKnownHostsFile /dev/null')),
      await with_((text) => text.replace(host.sshd.knownHosts, host.file('changed'))),
      await with_((text) => text.replace(host.sshd.identityFile, host.file('stranger'))),
    ];
    const says = [
      /is not known .*ssh-keyscan/,
      /another than the known one.*ssh-keygen -R/,
      /refused the login: tried/,
    ];
    for (const [i, { exitCode, stderr }] of results.entries()) {
      expect(exitCode, stderr).to.equal(69);
      expect(stderr.replaceAll(/\s+/g, ' ')).to.match(says[i] ?? /never/);
    }
  });
});

describe('a host over SSH that lacks a tool', function () {
  this.timeout(60_000);

  const lacks: Readonly<Record<string, { readonly masks: string; readonly says: RegExp }>> = {
    gdb: { masks: 'mount --bind /dev/null /usr/bin/gdb', says: /gdb/ },
    Go: {
      masks:
        'for f in /usr/local/go /usr/lib/go-*; do mount -t tmpfs none $f; done; mount --bind /dev/null /usr/bin/go',
      says: /Go/,
    },
  };
  for (const [tool, { masks, says }] of Object.entries(lacks)) {
    it(`names ${tool}, and how it is installed, before anything is built`, async function () {
      if (noSshd !== undefined) this.skip();
      await using folder = await tempFolder();
      const script = `{ ${masks}; } 2>/dev/null; eval "$SSH_ORIGINAL_COMMAND"`;
      await writeFile(folder.file('masked'), script);
      await using host = await startHost([`ForceCommand unshare --mount sh ${folder.file('masked')}`]);
      const { exitCode, stderr } = await host.start(['run', 'catalog', '--target', host.target]).ended;
      expect(exitCode, stderr).to.equal(69);
      expect(stderr).to.match(says).and.to.contain('apt-get install');
      expect(await host.leftovers()).to.deep.equal([]);
    });
  }
});
