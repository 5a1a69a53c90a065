import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import type { TargetProcess } from '../../lab/targets/target.js';
import { buildHung, goTools } from '../hung-program.js';
import { lab, startLab } from '../lab-process.js';
import { processTable } from '../process-table.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { type Cluster, scriptedKubectl } from './scripted-kubectl.js';

const { signal } = new AbortController();
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
const target = 'kubectl://prod/web';
/** As a node runs a container that was given no rights. */
const noRights = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace', '--'];

describe('a capture out of a pod', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let exe: string;
  let starter: TargetProcess;
  let pid: number;
  let count = 0;

  before(async function () {
    const [go] = await goTools(signal);
    const tools = await Promise.all(
      ['unshare', 'nsenter', 'setpriv'].map(
        async (one) => (await execa(one, ['--version'], { reject: false })).exitCode,
      ),
    );
    if (userInfo().uid !== 0 || go === undefined || tools.some((code) => code !== 0)) {
      console.error('    skipped: needs root, Go, and unshare, nsenter and setpriv of util-linux');
      return this.skip();
    }
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot', { env: { CGO_ENABLED: '0' } });
    ({ starter, pid } = await service());
  });

  after(async () => {
    await starter?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /**
   * The program alone on a root that is otherwise empty, in namespaces of its own of users, processes and mounts, as pid 1;
   * with the shell and folders that are asked for.
   */
  async function service(
    programs: readonly string[] = [],
    user: readonly string[] = ['--user', '--map-root-user'],
  ) {
    const root = folder.file(`root-${++count}`);
    await mkdir(root);
    await chmod(root, 0o755);
    await copyFile(exe, join(root, 'server'));
    if (programs.length > 0) {
      await mkdir(join(root, 'bin'));
      await mkdir(join(root, 'proc'));
      await mkdir(join(root, 'tmp'));
      // What containers always have; a device may not be made by everybody.
      await mkdir(join(root, 'dev'));
      await writeFile(join(root, 'dev/null'), '');
      for (const one of programs) await execa('cp', ['--dereference', one, join(root, 'bin')]);
    }
    const proc = programs.length > 0 ? ['--mount-proc=/proc'] : [];
    const logFile = folder.file(`log-${count}`);
    const made = await localTarget().start(
      [
        'unshare',
        ...user,
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        ...proc,
        `--root=${root}`,
        '/server',
      ],
      { signal, logFile },
    );
    const found = await poll(
      async () => {
        if (!(await readFile(logFile, 'utf8')).includes('ready')) return undefined;
        return processTable().find(({ parent }) => parent === made.identity.pid)?.pid;
      },
      { signal, deadlineMs: 20_000, everyMs: 20 },
    );
    if (found !== undefined) return { starter: made, pid: found, root };
    await made[Symbol.asyncDispose]();
    throw new Error(`the service did not get ready: ${await readFile(logFile, 'utf8')}`);
  }

  const capture = async (cluster: Partial<Cluster> = {}, ...more: readonly string[]) => {
    const dir = folder.file(`out-${++count}`);
    const kubectl = await scriptedKubectl(folder, { pid, ...cluster });
    const result = await lab(['capture', '--target', target, '-o', dir, ...more], kubectl.env);
    return { ...result, dir, said: flat(result.stderr), calls: await kubectl.calls(), env: kubectl.env };
  };

  /** The shells of debug containers end when what was brought is taken away. */
  async function debugContainersEnd(deadlineMs: number): Promise<void> {
    const waiting = () => processTable().filter(({ commandLine }) => commandLine.includes('idle=0'));
    const ended = await poll(() => waiting().length === 0 || undefined, { signal, deadlineMs, everyMs: 100 });
    expect(
      ended,
      waiting()
        .map(({ commandLine }) => commandLine)
        .join('\n'),
    ).to.equal(true);
  }

  it('beside a program on an empty root, in namespaces of its own, is diagnosed, and the debug container ends', async () => {
    const { exitCode, stderr, dir, said, calls } = await capture();
    expect(exitCode, stderr).to.equal(0);
    expect((await readdir(dir)).sort()).to.deep.equal(['bundle.json', 'core.1', 'server']);
    expect(said).to.match(/the debug container lab-capture-\w+ was added to the pod web/);
    const debug = calls.find((words) => words.includes('debug')) ?? [];
    expect(debug).to.include.members([
      '--namespace=prod',
      'web',
      '--image=busybox:stable',
      '--target=app',
      '--profile=general',
    ]);
    expect(calls.every((words) => words[0] === 'config' || words[0] === '--namespace=prod')).to.equal(true);
    const found = await lab(['analyze', '--exe', `${dir}/server`, '--core', `${dir}/core.1`]);
    expect(found.exitCode, found.stderr).to.equal(1);
    await debugContainersEnd(10_000);
    expect(await readdir('/tmp')).not.to.satisfy((names: string[]) =>
      names.some((one) => one.startsWith('lab-capture-')),
    );
  });

  it('finds another folder where programs may not run in the first, and needs no right to look at nodes', async () => {
    const { exitCode, stderr } = await capture({
      mounts: 'mount -o remount,noexec /tmp && mount -t tmpfs tmpfs /var/tmp',
      forbidden: ['get nodes'],
    });
    expect(exitCode, stderr).to.equal(0);
    await debugContainersEnd(10_000);
  });

  it('sees processes that others may not see', async () => {
    const { exitCode, stderr } = await capture({ mounts: 'mount -o remount,hidepid=invisible /proc' });
    expect(exitCode, stderr).to.equal(0);
  });

  it('without SYS_PTRACE says so, with what grants it', async () => {
    const other = await service([], ['--setuid', '1000', '--setgid', '1000']);
    try {
      for (const more of [[], ['--pid', '1']]) {
        const { exitCode, said, dir } = await capture({ pid: other.pid, inFront: noRights }, ...more);
        expect(exitCode, said).to.equal(69);
        expect(said).to.match(/may not be (read|captured|looked at)/);
        expect(said).to.contain('securityContext: { capabilities: { add: [SYS_PTRACE] } }');
        expect(await readdir(dir).catch(() => [])).to.deep.equal([]);
      }
      const hidden = await capture({
        ...{ pid: other.pid, inFront: noRights },
        mounts: 'mount -o remount,hidepid=invisible /proc',
      });
      expect(hidden.exitCode, hidden.said).to.equal(69);
      const { exitCode, stderr } = await capture({ pid: other.pid });
      expect(exitCode, stderr).to.equal(0);
      await debugContainersEnd(10_000);
    } finally {
      await other.starter[Symbol.asyncDispose]();
    }
  });

  it('without a right in the cluster says which, with the line that grants it', async () => {
    const { exitCode, said } = await capture({ forbidden: ['patch pods/ephemeralcontainers'] });
    expect(exitCode).to.equal(69);
    expect(said).to.contain('cannot patch resource "pods/ephemeralcontainers"').and.contain('has no sh');
    expect(said).to.contain(
      'kubectl --namespace=prod create role lab-capture-pods-ephemeralcontainers --verb=patch --resource=pods/ephemeralcontainers',
    );
    expect(said).to.contain('--user=dev');
    const pods = await capture({ forbidden: ['get pods'] });
    expect(pods.said).to.contain('create role lab-capture-pods --verb=get --resource=pods');
    const rule = await capture({ podSecurity: true });
    expect(rule.said).to.contain(
      'label --overwrite namespace prod pod-security.kubernetes.io/enforce=privileged',
    );
  });

  it('is made inside where no debug container may be, and takes away what it brought', async () => {
    const programs = ['sh', 'cat', 'chmod', 'rm', 'uname', 'env'].map((one) => `/bin/${one}`);
    const fat = await service(programs);
    try {
      for (const library of await librariesOf(programs)) {
        await mkdir(join(fat.root, library, '..'), { recursive: true });
        await execa('cp', ['--dereference', library, join(fat.root, library)]);
      }
      const { exitCode, stderr, said, dir } = await capture({
        pid: fat.pid,
        forbidden: ['patch pods/ephemeralcontainers', 'get nodes'],
      });
      expect(exitCode, stderr).to.equal(0);
      expect(said).to.contain('the helper is brought into it');
      expect(await readdir(dir)).to.contain('core.1');
      expect(await readdir(join(fat.root, 'tmp'))).to.deep.equal([]);
    } finally {
      await fat.starter[Symbol.asyncDispose]();
    }
  });

  it('names another image where one cannot be pulled', async () => {
    const { exitCode, said } = await capture({ missingImages: ['busybox:stable'] });
    expect(exitCode).to.equal(69);
    expect(said).to.contain('ErrImagePull').and.contain('--debug-image IMAGE');
    const other = await capture(
      { missingImages: ['busybox:stable'] },
      '--debug-image',
      'registry.local/tools:2',
    );
    expect(other.exitCode, other.stderr).to.equal(0);
    expect(other.calls.flat()).to.include('--image=registry.local/tools:2');
  });

  it('goes on with an older kubectl, and says when it is too old', async () => {
    const older = await capture({ unknownFlags: ['--custom'] });
    expect(older.exitCode, older.stderr).to.equal(0);
    const oldest = await capture({ unknownFlags: ['--custom', '--profile'] });
    expect(oldest.exitCode).to.equal(69);
    expect(oldest.said).to.contain('this kubectl is older than 1.27');
  });

  it('says of pods that are not there or do not run what to do', async () => {
    const kubectl = await scriptedKubectl(folder, { pid });
    const ask = async (name: string) =>
      await lab(['capture', '--target', name, '-o', folder.file(`no-${++count}`)], kubectl.env);
    const none = await ask('kubectl://prod/nobody');
    expect(none.exitCode).to.equal(69);
    expect(flat(none.stderr)).to.contain(
      'pods "nobody" not found do: see what runs: kubectl --namespace=prod get pods',
    );
    const container = await ask('kubectl://prod/web/sidecar');
    expect(flat(container.stderr)).to.contain('the pod web has no container sidecar: it has app');
    const ended = await capture({ pid: 4_194_305 });
    expect(ended.said).to.contain('the container app of the pod web does not run: CrashLoopBackOff');
    const context = await ask('kubectl://elsewhere/prod/web/app');
    expect(context.exitCode).to.equal(64);
    const missing = await lab(['capture', '--target', target, '-o', folder.file('no')], {
      PATH: await nodeAlone(),
    });
    expect(missing.exitCode).to.equal(69);
    expect(flat(missing.stderr)).to.contain(
      'kubectl is not installed do: install it as https://kubernetes.io',
    );
  });

  it('after a Ctrl-C leaves nothing here, and nothing that runs there', async () => {
    const dir = folder.file(`out-${++count}`);
    const kubectl = await scriptedKubectl(folder, { pid });
    const running = startLab(['capture', '--target', target, '-o', dir], kubectl.env, { ownGroup: true });
    await running.child(/nsenter .* list|kubectl .* list$/);
    running.killGroup('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(130);
    expect(await readdir(dir).catch(() => [])).to.deep.equal([]);
    await debugContainersEnd(10_000);
  });

  /** A folder with Node and nothing else. */
  async function nodeAlone(): Promise<string> {
    const bin = folder.file(`node-${++count}`);
    await mkdir(bin);
    await execa('ln', ['-s', process.execPath, join(bin, 'node')]);
    return bin;
  }

  async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await execa('ldd', programs);
    return [...new Set([...stdout.matchAll(/(\/\S+\.so\S*)/g)].map(([, path = '']) => path))].filter(
      (path) => !path.endsWith(':'),
    );
  }
});
