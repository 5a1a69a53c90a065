import { createServer } from 'node:net';
import { expect } from 'chai';
import { doctorExitCode, examine, nodeRow } from '../../lab/doctor/doctor.js';
import { examineMachine } from '../../lab/doctor/machine.js';
import type { SeenRow } from '../../lab/doctor/row.js';
import { doctorText } from '../../lab/report/doctor-text.js';
import { localTarget } from '../../lab/targets/local.js';
import type { Target } from '../../lab/targets/target.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('the doctor', () => {
  it('looks at every tool and permission of this machine', async function () {
    this.timeout(60_000);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    try {
      await using folder = await tempFolder();
      const options = { runsFolder: folder.file('runs/not/yet'), ports: [port] };
      const rows = await examine(localTarget(), signal, options);
      const named = new Map(rows.map((row) => [row.name, row]));
      for (const name of ['Node', 'npm', 'Go', 'Delve', 'gdb', 'gcore', 'wrk', 'ptrace']) {
        expect(named.has(name), name).to.equal(true);
      }
      expect(named.get(`port ${port}`)).to.include({ status: 'missing', found: 'taken' });
      for (const name of ['disk', 'cache folder', 'temporary folder'])
        expect(named.get(name)?.found).to.match(/ GB free in /);
      expect(rows.map(({ host }) => host)).to.satisfy((hosts: readonly string[]) =>
        hosts.every((host) => host === 'this machine'),
      );
      expect(doctorExitCode(rows)).to.equal(69);
      for (const { name, status, mend } of rows) {
        if (status === 'missing' && name !== 'Delve') expect(mend, name).to.be.a('string');
      }
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('says how the kernel is brought to write cores into files', async function () {
    this.timeout(60_000);
    const here = localTarget();
    const rowWith = async (pattern: string) => {
      const target: Target = {
        ...here,
        readFile: async (path, until) =>
          path.endsWith('/core_pattern') ? pattern : await here.readFile(path, until),
      };
      const rows = await examineMachine(target, { kind: 'none' }, [], signal);
      return rows.find(({ name }) => name === 'kernel cores');
    };
    expect(await rowWith('|/usr/share/apport/apport %p\n')).to.include({
      status: 'warning',
      mend: 'sudo sysctl -w kernel.core_pattern=core',
    });
    const plain = await rowWith('core.%p\n');
    expect(plain?.found).to.include('core_pattern core.%p, limit');
    if (plain?.found.includes('hard limit unlimited')) expect(plain.status).to.equal('ok');
  });

  it('accepts the Node versions of package.json and no other', () => {
    const accepted = ['20.19.0', '20.20.2', '22.12.0', '24.1.0'].map((version) => nodeRow(version).status);
    expect(accepted).to.deep.equal(['ok', 'ok', 'ok', 'ok']);
    const refused = ['18.20.1', '20.18.3', '21.7.0', '22.11.0'].map((version) => nodeRow(version).status);
    expect(refused).to.deep.equal(['missing', 'missing', 'missing', 'missing']);
  });

  it('is content when only optional things are absent', () => {
    const optional: SeenRow = { name: 'wrk', status: 'warning', found: 'none', needed: 'optional' };
    expect(doctorExitCode([optional])).to.equal(0);
    expect(doctorExitCode([optional, { ...optional, status: 'missing' }])).to.equal(69);
  });

  it('prints rows of at most 80 columns and never cuts a command', () => {
    const mend = `sudo apt-get install -y ${'a-very-long-package '.repeat(5)}end`;
    const long = 'word '.repeat(40).trim();
    const host = 'this machine';
    const text = doctorText([
      { host, name: 'Go', status: 'ok', found: 'go1.26.8', needed: '1.19 or newer' },
      { host, name: 'kernel cores', status: 'missing', found: long, needed: 'something', mend },
      { host: 'ssh://me@server-7', name: 'gdb', status: 'ok', found: '13.1', needed: 'any' },
    ]);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.includes(mend))).to.have.length(1);
    expect(lines.filter((line) => line.length > 80 && !line.includes(mend))).to.deep.equal([]);
    expect(text).to.match(/^On this machine\nok +Go +go1\.26\.8\n/);
    expect(text).to.match(/\n\nOn ssh:\/\/me@server-7\nok +gdb +13\.1\n/);
    expect(text).to.include('MISSING');
    expect(text).to.include('Missing: kernel cores.');
  });
});
