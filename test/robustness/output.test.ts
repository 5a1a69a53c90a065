import { expect } from 'chai';
import { lab } from '../lab-process.js';
import { expectRow } from './expect-row.js';
import { labCommand as command, shell } from './shell.js';

describe('standard output', function () {
  this.timeout(60_000);

  for (const words of [
    'scenarios',
    'scenarios --json',
    '--help',
    '--version',
    'runs --json',
    '__complete runs ""',
  ]) {
    it(`that is full costs lab ${words} its exit code and no stack trace`, async () => {
      expectRow('stdout-full', await shell(`${command} ${words} > /dev/full`));
    });
  }

  it('that is full does not hide why a command failed', async () => {
    const { exitCode, stderr } = await shell(`${command} run nope --json > /dev/full`);
    expect(exitCode).to.equal(64);
    expect(stderr).to.contain('there is no scenario "nope"').and.contain('do:');
  });

  it('whose reader left does not change the exit code', async () => {
    expect((await shell(`set -o pipefail; ${command} scenarios | true`)).exitCode).to.equal(0);
    expectRow(
      'stdout-closed',
      await shell(`set -o pipefail; ${command} run nope --json 2> /dev/null | true`),
    );
  });

  it('has the version, alone', async () => {
    const { version } = JSON.parse((await lab(['--version', '--json'])).stdout);
    expect(version).to.match(/^\d+\.\d+\.\d+$/);
    expect(await lab(['--version'])).to.deep.include({ exitCode: 0, stdout: version, stderr: '' });
  });
});
