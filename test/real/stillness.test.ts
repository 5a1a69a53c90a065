import { expect } from 'chai';
import { execa } from 'execa';
import { untilStill } from './stillness.js';

const { signal } = new AbortController();

describe('a program that is watched until it hangs', () => {
  const watched = async (script: string): Promise<string> => {
    const program = execa('sh', ['-c', script], { reject: false });
    try {
      return await untilStill(program.pid ?? 0, 6_000, signal);
    } finally {
      program.kill('SIGKILL');
      await program;
    }
  };

  it('is still when it does next to nothing', async () => {
    expect(await watched('exec sleep 60')).to.equal('still');
  });

  it('is busy when it works on', async () => {
    expect(await watched('while :; do :; done')).to.equal('busy');
  });

  it('is slow when it works now and then', async () => {
    // A twentieth of a processor, however quick that is.
    const used = 'const used = () => process.cpuUsage().user + process.cpuUsage().system;';
    const work = `${used} const before = used(); while (used() < before + 15000);`;
    expect(await watched(`exec '${process.execPath}' -e "setInterval(() => { ${work} }, 300)"`)).to.equal(
      'slow',
    );
  });

  it('has ended when it did so by itself', async () => {
    expect(await watched('exit 0')).to.equal('ended');
  });
});
