import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';
import { blockedGoroutines, buildHung, goTools } from '../hung-program.js';
import { type LabProcess, lab, startLab } from '../lab-process.js';
import { processTable } from '../process-table.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { withBallast } from './ballast.js';
import { type EngineHost, podmanHost, programsFolder, startDocker, whyNoEngine } from './engine-host.js';

const { signal } = new AbortController();
/** The same of each engine: real daemons, runtimes and containers. */
for (const client of ['docker', 'podman'] as const) {
  describe(`a capture out of a container of ${client}`, function () {
    this.timeout(180_000);
    let folder: TempFolder;
    let engine: EngineHost;
    let atFirst: readonly string[];
    let count = 0;

    before(async function () {
      const why = await whyNoEngine(client);
      const [go] = await goTools(signal);
      if (why !== undefined || go === undefined) {
        console.error(`    skipped: ${why ?? 'no Go'}`);
        return this.skip();
      }
      folder = await tempFolder();
      engine = client === 'docker' ? await startDocker() : await podmanHost();
      const env = { CGO_ENABLED: '0' };
      const exe = await buildHung(go.path, folder, 'depot', { env });
      const large = await buildHung(go.path, folder, 'large', { env, edit: withBallast });
      await engine.image('localhost/scratch:1', { '/server': exe, '/large': large });
      await engine.start(
        'shop',
        ['--read-only', '--user', '1000:1000', '--cap-drop', 'ALL'],
        'localhost/scratch:1',
        '/server',
      );
      await engine.start('big', ['--read-only'], 'localhost/scratch:1', '/large');
      atFirst = await engine.inventory();
    });

    after(async () => {
      await engine?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    const fresh = (): string => folder.file(`out-${++count}`);
    const target = (name: string): readonly string[] => ['capture', '--target', `${client}://${name}`];
    const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

    async function nothingIsLeft(dir: string): Promise<void> {
      const same = await poll(
        async () => (JSON.stringify(await engine.inventory()) === JSON.stringify(atFirst) ? true : undefined),
        { signal, deadlineMs: 15_000, everyMs: 100 },
      );
      expect(await engine.inventory(), 'containers and images').to.deep.equal(atFirst);
      expect(same).to.equal(true);
      expect(await readdir(dir).catch(() => [])).to.deep.equal([]);
    }

    /** The service goes on: nobody holds it, and it does not stand still. */
    async function goesOn(name: string): Promise<void> {
      const pid = await engine.pidOf(name);
      const free = await poll(
        async () => {
          const status = await readFile(`/proc/${pid}/status`, 'utf8');
          const state = parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.state;
          return (/^TracerPid:\s+0$/m.test(status) && state === 'S') || undefined;
        },
        { signal, deadlineMs: 10_000, everyMs: 50 },
      );
      expect(free, `${name} is held`).to.equal(true);
    }

    it('of a program alone, on a root that is read-only, as another user without any rights, is diagnosed', async () => {
      const dir = fresh();
      const { exitCode, stderr, stdout } = await lab([...target('shop'), '-o', dir, '--json'], engine.env);
      expect(exitCode, stderr).to.equal(0);
      const bundle = JSON.parse(stdout);
      expect(bundle).to.include({ method: 'helper', pid: 1, core: `${dir}/core.1`, exe: `${dir}/server` });
      expect(bundle.size.onDisk).to.be.lessThan(bundle.size.apparent / 2);
      expect(bundle.pausedMs).to.be.greaterThan(0);
      expect(bundle.snapshot).to.be.oneOf(['tracked', 'read', 'fork']);
      expect((await stat(dir)).mode & 0o777).to.equal(0o700);
      expect((await stat(bundle.core)).mode & 0o777).to.equal(0o600);
      expect((await readdir(dir)).sort()).to.deep.equal(['bundle.json', 'core.1', 'server']);
      const { stdout: hash } = await execa('sha256sum', [bundle.core]);
      expect(hash.split(' ')[0]).to.equal(bundle.sha256.core);
      const found = await lab(['analyze', '--exe', bundle.exe, '--core', bundle.core, '--json']);
      expect(found.exitCode, found.stderr).to.equal(1);
      const { verdict, groups } = JSON.parse(found.stdout);
      expect(verdict).to.equal('deadlock');
      const counted = groups.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
      expect(counted).to.be.within(20, blockedGoroutines + 1);
      await nothingIsLeft(folder.file('none'));
      if (client === 'docker') expect(await engine.run('diff', 'shop')).to.equal('');
      await goesOn('shop');
    });

    it('takes several looks at the same process', async () => {
      const dir = fresh();
      const { exitCode, stderr } = await lab(
        [...target('shop'), '--looks', '2', '--every', '0.2', '-o', dir],
        engine.env,
      );
      expect(exitCode, stderr).to.equal(0);
      expect((await readdir(dir)).sort()).to.deep.equal(['bundle.json', 'core.1.1', 'core.1.2', 'server']);
    });

    it('lists several Go processes, and takes the one that is named by the pid that it has in there', async () => {
      await engine.start('second', ['--pid', 'container:shop'], 'localhost/scratch:1', '/server');
      try {
        const dir = fresh();
        const listed = await lab([...target('shop'), '-o', dir], engine.env);
        expect(listed.exitCode, listed.stderr).to.equal(64);
        const pids = [...flat(listed.stderr).matchAll(/ (\d+) go\S+ \/server/g)].map(([, pid]) => pid);
        const pid = pids.find((one) => one !== '1') ?? '';
        expect(flat(listed.stderr)).to.contain('2 Go processes run in the container shop');
        expect(flat(listed.stderr)).to.contain(`npx lab capture --target ${client}://shop --pid 1`);
        const taken = await lab([...target('shop'), '--pid', pid, '-o', dir], engine.env);
        expect(taken.exitCode, taken.stderr).to.equal(0);
        expect(await readdir(dir)).to.contain(`core.${pid}`);
        const none = await lab([...target('shop'), '--pid', '4000000', '-o', fresh()], engine.env);
        expect(none.exitCode).to.equal(69);
        expect(flat(none.stderr)).to.contain('there is no process 4000000 in the container shop');
      } finally {
        await engine.remove('second');
      }
    });

    it('says of what does not run, is paused, or is not known what to do', async () => {
      await engine.run('create', '--name', 'idle', '--network', 'none', 'localhost/scratch:1', '/server');
      try {
        const idle = await lab([...target('idle'), '-o', fresh()], engine.env);
        expect(idle.exitCode).to.equal(69);
        expect(flat(idle.stderr)).to.match(/the container idle does not run: it is (created|configured)/);
      } finally {
        await engine.run('rm', 'idle');
      }
      await engine.run('pause', 'shop');
      try {
        const paused = await lab([...target('shop'), '-o', fresh()], engine.env);
        expect(paused.exitCode).to.equal(69);
        expect(flat(paused.stderr)).to.contain(`do: ${client} unpause shop`);
      } finally {
        await engine.run('unpause', 'shop');
      }
      const unknown = await lab([...target('nobody'), '-o', fresh()], engine.env);
      expect(unknown.exitCode).to.equal(69);
      expect(flat(unknown.stderr)).to.contain(
        `${client} knows no container nobody do: see what runs: ${client} ps`,
      );
      expect(await readdir(folder.path)).not.to.contain(`out-${count}`);
    });

    it('leaves nothing anywhere after a Ctrl-C, and the service goes on', async () => {
      const dir = fresh();
      const running = startLab([...target('big'), '-o', dir], engine.env, { ownGroup: true });
      await whileTaking(running, dir);
      running.killGroup('SIGINT');
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).to.equal(130);
      await nothingIsLeft(dir);
      await goesOn('big');
    });

    it('that is cut in the middle is no core: its client killed', async () => {
      const dir = fresh();
      const running = startLab([...target('big'), '-o', dir], engine.env);
      await whileTaking(running, dir);
      const { pid } = await running.child(/ start --attach /);
      process.kill(pid, 'SIGKILL');
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).to.equal(2);
      expect(flat(stderr)).to.contain('was ended before the core was whole');
      await nothingIsLeft(dir);
      await goesOn('big');
    });

    for (const name of ['SIGKILL', 'SIGTERM'] as const)
      it(`nor when what takes the core is ended in there by ${name}`, async () => {
        const dir = fresh();
        const running = startLab([...target('big'), '-o', dir], engine.env);
        await whileTaking(running, dir);
        const { commandLine } = await running.child(/ start --attach /);
        const [, token] = /lab-capture-([0-9a-f]+)-/.exec(commandLine) ?? [];
        const helper = processTable().find((one) => one.commandLine.startsWith(`/lab-capture-${token} core`));
        expect(helper, `the helper of ${commandLine}`).not.to.equal(undefined);
        if (helper !== undefined) process.kill(helper.pid, name);
        const { exitCode, stderr } = await running.ended;
        expect(exitCode, stderr).to.equal(2);
        await nothingIsLeft(dir);
        await goesOn('big');
      });

    it('whose lab is killed is tidied up by the next one', async () => {
      const dir = fresh();
      const running = startLab([...target('big'), '-o', dir], engine.env);
      await whileTaking(running, dir);
      running.kill('SIGKILL');
      await running.ended;
      const next = await lab([...target('shop'), '-o', fresh()], engine.env);
      expect(next.exitCode, next.stderr).to.equal(0);
      await nothingIsLeft(folder.file('none'));
      const again = await lab([...target('big'), '-o', dir], engine.env);
      expect(again.exitCode, again.stderr).to.equal(0);
      expect((await readdir(dir)).sort()).to.deep.equal(['bundle.json', 'core.1', 'server']);
      await goesOn('big');
    });

    it('ends with a full disk at home, and leaves it as it was', async () => {
      const dir = fresh();
      await mkdir(dir);
      const small = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        'mount -t tmpfs -o size=2m none "$0" && "$@"; code=$?; ls -A "$0"; exit $code',
        dir,
      ];
      const { exitCode, stderr, stdout } = await startLab([...target('big'), '-o', dir], engine.env, {
        inFront: small,
      }).ended;
      expect(exitCode, stderr).to.equal(69);
      expect(flat(stderr), stderr).to.match(/free \d+ MB|free some space/);
      expect(stdout).to.equal('');
      await nothingIsLeft(dir);
      await goesOn('big');
    });

    it('is not disturbed by a client that warns', async () => {
      const real = (await execa('which', [client])).stdout;
      const bin = await programsFolder(folder, {
        [client]: `#!/bin/sh\necho 'WARNING: Your kernel does not support swap limit capabilities' >&2\nexec ${real} "$@"\n`,
      });
      const { exitCode, stderr } = await lab([...target('shop'), '-o', fresh()], { ...engine.env, ...bin });
      expect(exitCode, stderr).to.equal(0);
    });

    it('is copied in where no container can be put beside, and says what it leaves in an image without programs', async () => {
      const real = (await execa('which', [client])).stdout;
      // As an authorization plugin answers.
      const refusing = `#!/bin/sh\n[ "$1" != create ] || { echo 'Error response from daemon: authorization denied by plugin opa' >&2; exit 1; }\nexec ${real} "$@"\n`;
      const env = { ...engine.env, ...(await programsFolder(folder, { [client]: refusing })) };
      await engine.start('plain', [], 'localhost/scratch:1', '/server');
      try {
        const dir = fresh();
        const { exitCode, stderr } = await lab([...target('plain'), '-o', dir], env);
        expect(exitCode, stderr).to.equal(0);
        expect(flat(stderr)).to.contain('authorization denied by plugin opa');
        expect(flat(stderr)).to.match(/an empty file is left in plain, which has no program that removes it/);
        const found = await lab(['analyze', '--exe', `${dir}/server`, '--core', `${dir}/core.1`]);
        expect(found.exitCode, found.stderr).to.equal(1);
      } finally {
        await engine.remove('plain');
      }
      const refused = await lab([...target('shop'), '-o', fresh()], env);
      if (client === 'docker') {
        expect(refused.exitCode, refused.stderr).to.equal(69);
        expect(flat(refused.stderr)).to.contain('comes neither beside shop nor into it');
        expect(flat(refused.stderr)).to.contain('--cap-add SYS_PTRACE');
      }
      await nothingIsLeft(folder.file('none'));
    });

    /** Until parts of the core lie here. */
    async function whileTaking(running: LabProcess, dir: string): Promise<void> {
      const begun = await poll(
        async () => {
          const [landing] = (await readdir(dir).catch(() => [])).filter((name) =>
            name.startsWith('.landing'),
          );
          if (landing === undefined) return undefined;
          const core = await stat(`${dir}/${landing}/core/core`).catch(() => undefined);
          return core !== undefined && core.blocks > 0 ? true : undefined;
        },
        { signal, deadlineMs: 60_000, everyMs: 2 },
      );
      if (begun === true) return;
      running.kill('SIGTERM');
      throw new Error(`no core began to come: ${(await running.ended).stderr}`);
    }
  });
}
