import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { buildHung, goTools } from '../hung-program.js';
import { lab, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { type EngineHost, podmanHost, programsFolder, whyNoEngine } from './engine-host.js';

const { signal } = new AbortController();
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
/** System calls that a hardened engine gives to no container, whatever its capabilities. */
const denied = ['ptrace', 'process_vm_readv'];

describe('the rights of a capture out of a container', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let engine: EngineHost;
  let exe: string;
  let count = 0;

  before(async function () {
    const why = await whyNoEngine('podman');
    const [go] = await goTools(signal);
    if (why !== undefined || go === undefined) {
      console.error(`    skipped: ${why ?? 'no Go'}`);
      return this.skip();
    }
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot', { env: { CGO_ENABLED: '0' } });
    const profile = folder.file('seccomp.json');
    const syscalls = [{ names: denied, action: 'SCMP_ACT_ERRNO', errnoRet: 1 }];
    await writeFile(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
    engine = await podmanHost([`seccomp_profile = "${profile}"`]);
    await engine.image('localhost/scratch:1', { '/server': exe });
    await engine.start('shop', ['--read-only', '--user', '1000'], 'localhost/scratch:1', '/server');
  });

  after(async () => {
    await engine?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const fresh = (): string => folder.file(`out-${++count}`);
  const capture = (name: string): readonly string[] => [
    'capture',
    '--target',
    `podman://${name}`,
    '-o',
    fresh(),
  ];

  it('are as few as will do: without a filter of system calls only after the kernel refused', async () => {
    const log = folder.file('calls');
    const real = (await execa('which', ['podman'])).stdout;
    const bin = await programsFolder(folder, {
      podman: `#!/bin/sh\necho "$@" >> ${log}\nexec ${real} "$@"\n`,
    });
    const { exitCode, stderr } = await lab(capture('shop'), { ...engine.env, ...bin });
    expect(exitCode, stderr).to.equal(0);
    const created = (await readFile(log, 'utf8')).split('\n').filter((line) => line.startsWith('create '));
    expect(created.map((line) => line.includes('seccomp=unconfined'))).to.deep.equal([false, false, true]);
    for (const line of created) {
      expect(line)
        .to.contain('--cap-drop ALL')
        .and.contain('--network none')
        .and.contain('--log-driver none');
      expect(line).not.to.contain('--privileged');
    }
  });

  it('reach into a user namespace of the container', async () => {
    await engine.start('apart', ['--uidmap', '0:100000:65536'], 'localhost/scratch:1', '/server');
    try {
      const { exitCode, stderr } = await lab(capture('apart'), engine.env);
      expect(exitCode, stderr).to.equal(0);
    } finally {
      await engine.remove('apart');
    }
  });

  it('that the engine itself does not have are named, with the line that grants them', async () => {
    const before = await engine.inventory();
    const inFront = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace', '--'];
    const { exitCode, stderr } = await startLab(capture('shop'), engine.env, { inFront }).ended;
    expect(exitCode, stderr).to.equal(69);
    expect(flat(stderr)).to.contain('comes neither beside shop nor into it');
    expect(flat(stderr)).to.contain('podman run --cap-add SYS_PTRACE');
    expect(await engine.inventory()).to.deep.equal(before);
  });
});
