import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { LabError } from '../../../lab/errors.js';
import { vagrantIn } from '../../../lab/targets/vagrant/vagrant.js';
import { rejectsWith } from '../../rejects.js';
import { tempFolder } from '../../temp-folder.js';

const { signal } = new AbortController();

/** libvirt's driver `test` keeps everything in memory: Vagrant works on it, and no machine ever runs. */
const vagrantfile = `
Vagrant.configure('2') do |config|
  config.vm.provider(:libvirt) { |vm| vm.uri = vm.system_uri = 'test:///default' }
  config.vm.define 'server-test-1' do |machine|
    machine.vm.box = 'lab/none'
    machine.vm.box_url = 'file:///nowhere/none.box'
    machine.trigger.before(:up) { |trigger| trigger.ruby { sleep 5 } }
  end
end
`;

async function scratch() {
  const folder = await tempFolder();
  await writeFile(folder.file('Vagrantfile'), vagrantfile);
  const vagrant = vagrantIn({
    folder: folder.path,
    env: { VAGRANT_HOME: folder.file('home') },
    logFile: folder.file('log'),
    retryMs: 50,
  });
  return { vagrant, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('the real Vagrant, without a machine', function () {
  this.timeout(120_000);

  before(async function () {
    await using lab = await scratch();
    try {
      if ((await lab.vagrant.pluginList({ signal })).has('vagrant-libvirt')) return;
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'missing-tool')) throw error;
    }
    this.skip(); // needs vagrant with vagrant-libvirt
  });

  it('tells its version, its state and its boxes', async () => {
    await using lab = await scratch();
    expect(await lab.vagrant.version({ signal })).to.match(/^\d+\.\d+/);
    expect(await lab.vagrant.status('server-test-1', { signal })).to.deep.equal({
      machine: 'server-test-1',
      state: 'not_created',
      power: 'absent',
      provider: 'libvirt',
    });
    expect(await lab.vagrant.boxList({ signal })).to.deep.equal([]);
    expect(await lab.vagrant.snapshot.list('server-test-1', { signal })).to.deep.equal([]);
    await lab.vagrant.destroy('server-test-1', { signal });
    const error = await rejectsWith('target', lab.vagrant.sshConfig('server-test-1', { signal }));
    expect(error.details['failure']).to.equal('not-ready');
  });

  it('turns a second one away, is interrupted in order, and leaves no machine locked', async () => {
    await using lab = await scratch();
    const controller = new AbortController();
    let begun = (): void => undefined;
    const began = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const said: string[] = [];
    const first = lab.vagrant.up(
      { machine: 'server-test-1', provider: 'libvirt' },
      {
        signal: controller.signal,
        onRecord(record) {
          if (record.kind === 'ui') said.push(record.text);
          if (record.kind === 'ui' && record.text.includes('Running trigger')) begun();
        },
      },
    );
    const over = first.catch((error: unknown) => error);
    await Promise.race([began, over]);
    const up = () => lab.vagrant.up({ machine: 'server-test-1', provider: 'libvirt' }, { signal });
    expect((await rejectsWith('target', up())).details['failure']).to.equal('machine-locked');
    controller.abort();
    await rejectsWith('interrupted', first);
    expect(said.join('\n')).to.contain('Vagrant exited after cleanup due to external interrupt');
    expect((await rejectsWith('missing-tool', up())).details['failure']).to.equal('box-missing');
  });
});
