import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LabError } from '../../lab/errors.js';
import { type ProgramOptions, runProgram } from '../../lab/watch/run-program.js';
import { rejectsWith } from '../rejects.js';

const never = new AbortController().signal;
const run = (argv: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(argv, { timeLimitMs: 30_000, ...options }, never);

describe('a program that the watch runs', () => {
  it('is told how it ended and what it said', async () => {
    const script = 'read line; echo "$line $GIVEN"; echo trouble >&2; exit 3';
    expect(await run(['sh', '-c', script], { input: 'said\n', env: { GIVEN: 'given' } })).to.deep.equal({
      ...{ exitCode: 3, killedBy: undefined, timedOut: false, missing: false },
      ...{ stdout: 'said given\n', stderr: 'trouble\n' },
    });
  });

  it('is missing, dies, or reads nothing of what it is given', async () => {
    expect(await run(['there-is-no-such-program'])).to.include({ missing: true, exitCode: undefined });
    expect(await run(['sh', '-c', 'kill -9 $$'])).to.include({ killedBy: 'SIGKILL', timedOut: false });
    expect(await run(['true'], { input: 'x'.repeat(1 << 20) })).to.include({ exitCode: 0 });
  });

  it('is ended after its time, also where it does not want to', async function () {
    this.timeout(30_000);
    const end = await run(['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], { timeLimitMs: 300 });
    expect(end).to.include({ timedOut: true, killedBy: 'SIGKILL' });
  });

  it('is ended where it says without end', async () => {
    expect((await run(['yes'], { maxBytes: 10_000 })).stdout).to.have.length(10_000);
  });

  it('is ended when the watch is, which is told by what it throws', async () => {
    const interruption = new AbortController();
    let pid = 0;
    const onPid = (of: number) => {
      pid = of;
      interruption.abort(new LabError('enough', { code: 'interrupted' }));
    };
    const options = { timeLimitMs: 60_000, onPid };
    await rejectsWith('interrupted', runProgram(['sleep', '60'], options, interruption.signal));
    expect(() => process.kill(pid, 0)).to.throw('ESRCH');
  });
});
