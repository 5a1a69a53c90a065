import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { cacheFolder, projectRoot } from '../../lab/paths.js';
import { startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { follow } from './footprint.js';
import { privateHost, sharedCache } from './kept-vm.js';

/** Debian registers its plugins of Vagrant here, one file each. */
const registered = '/usr/share/vagrant-plugins/plugins.d';

interface Failure {
  readonly exitCode: number | undefined;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

describe('two labs at once', function () {
  this.timeout(6 * 60_000);

  it('each have a host of their own, even when both fetch the box for the first time', async () => {
    await using home = await tempFolder();
    const cache = await sharedCache(home.path, ['box']);
    const env = { LAB_CACHE: cache, LAB_RUNS: home.file('runs') };
    const labs = [1, 2].map(() => startLab(['run', 'blog', '--target', 'vagrant'], env));
    const footprints = labs.map((lab) => follow(lab, cache));
    await Promise.all(labs.map((lab) => lab.said('Waiting for domain', 4 * 60_000)));
    for (const lab of labs) lab.kill('SIGINT');
    for (const { exitCode, stderr } of await Promise.all(labs.map((lab) => lab.ended))) {
      expect(exitCode, stderr.slice(-3_000)).to.equal(130);
    }
    for (const footprint of footprints) {
      expect(await footprint.left(15_000)).to.deep.equal({ processes: [], namespaces: [], mounts: [] });
    }
  });
});

describe('what a VM needs and does not have', function () {
  this.timeout(2 * 60_000);
  let home: TempFolder;

  before(async () => {
    home = await tempFolder();
    await writeFile(home.file('broken.box'), 'this is no archive\n');
  });
  after(async () => {
    await home[Symbol.asyncDispose]();
  });

  /** Runs the lab in a private host after `prepare`, a line of shell that changes this host alone. */
  async function failing(prepare: string, box: string): Promise<Failure> {
    const lab = [join(projectRoot, 'dist/scripts/lab.js'), 'run', 'blog', '--target', 'vagrant', '--json'];
    const script = `${prepare}; exec "$@"`;
    const argv = ['run', '--folder', home.path, '--', 'sh', '-c', script, 'sh', process.execPath, ...lab];
    const { exitCode, stdout, stderr } = await execa(privateHost, argv, {
      reject: false,
      stdin: 'ignore',
      env: {
        NO_COLOR: '1',
        LAB_RUNS: home.file('runs'),
        LAB_BOX: box,
        VAGRANT_HOME: join(cacheFolder(), 'vagrant-home'),
      },
    });
    const { error } = JSON.parse(stdout || '{}') as { error?: Omit<Failure, 'exitCode'> };
    if (error === undefined) throw new Error(stderr.slice(-3_000));
    return { ...error, exitCode };
  }

  for (const [what, missing] of [
    ['the hypervisor', 'vagrant-libvirt'],
    ['names', 'vagrant-hostmanager'],
  ] as const) {
    it(`no plugin for ${what}: the command that brings it`, async () => {
      const others = `cp -r ${registered} /run/kept && rm /run/kept/${missing}.json`;
      const failure = await failing(
        `${others} && mount --bind /run/kept ${registered}`,
        home.file('broken.box'),
      );
      expect(failure).to.include({ code: 'missing-tool', exitCode: 69 });
      expect(failure.hint).to.contain(`vagrant plugin install ${missing}`);
    });
  }

  it('no box where it should be', async () => {
    const failure = await failing('true', home.file('none.box'));
    expect(failure).to.include({ code: 'usage', exitCode: 64 });
    expect(failure.message).to.contain('names no file');
    expect(failure.hint).to.contain('box/build.sh');
  });

  it('a box that is no box', async () => {
    const failure = await failing('true', home.file('broken.box'));
    expect(failure).to.include({ code: 'target', exitCode: 69 });
    expect(failure.message).to.contain('the box is damaged');
    expect(failure.hint).to.contain('--offline-box');
  });

  it('a box that is not the one of its catalogue', async () => {
    const catalogue = {
      name: 'go-deadlock-lab/broken',
      versions: [
        {
          version: '1.0.0',
          providers: [
            {
              name: 'libvirt',
              url: `file://${home.file('broken.box')}`,
              checksum_type: 'sha256',
              checksum: '0'.repeat(64),
            },
          ],
        },
      ],
    };
    await writeFile(home.file('catalogue.json'), JSON.stringify(catalogue));
    const failure = await failing('true', home.file('catalogue.json'));
    expect(failure).to.include({ code: 'target', exitCode: 69 });
    expect(failure.message).to.contain('the box is damaged');
  });
});
