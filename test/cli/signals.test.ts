import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';

const signals = join(projectRoot, 'dist/lab/cli/signals.js');

/** Says `ready`, and does the rest once it was interrupted. */
const program = (rest: string) => `
import { abortOnSignals } from ${JSON.stringify(signals)};
const signal = abortOnSignals();
signal.addEventListener('abort', () => { ${rest} });
setInterval(() => {}, 1000);
console.log('ready');
`;

describe('an interrupted process', function () {
  this.timeout(30_000);

  async function interrupted(rest: string) {
    const child = execa(process.execPath, ['--input-type=module', '--eval', program(rest)], {
      reject: false,
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { signal, exitCode, durationMs } = await child;
    return { signal, exitCode, durationMs };
  }

  it('ends by itself when it computes something that never ends', async () => {
    const { signal, durationMs } = await interrupted('for (;;);');
    expect(signal).to.equal('SIGKILL');
    expect(durationMs).to.be.below(15_000);
  });

  it('has the time that it needs as long as it does things', async () => {
    const { exitCode } = await interrupted('setTimeout(() => process.exit(7), 5_000);');
    expect(exitCode).to.equal(7);
  });
});
