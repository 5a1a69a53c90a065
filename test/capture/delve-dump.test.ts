import { expect } from 'chai';
import { dumpFailure } from '../../lab/capture/delve-dump.js';
import type { ExecResult } from '../../lab/targets/target.js';

/** What Delve's terminal prints, and how it ends. */
function said(stdout: string, ended: Partial<ExecResult> = {}): ExecResult {
  const result = { argv: ['dlv'], exitCode: 0, signal: null, timedOut: false, stderr: '', durationMs: 1 };
  return { ...result, stdout, ...ended };
}

describe('what Delve says of a dump', () => {
  it('is no failure when all of the memory was written', () => {
    const text = '(dlv) Dumping memory 0 / 0...Dumping memory 4096 / 8192...Dumping memory 8192 / 8192...\n';
    expect(dumpFailure(said(text), 42, 1)).to.equal(undefined);
  });

  it('is a full disk, a foreign process, a process that is gone', () => {
    const full =
      'Dumping memory 1 / 2...\nerror dumping: error writing to output file: write /c: no space left on device';
    expect(dumpFailure(said(full), 42, 0)).to.include({ code: 'no-space' });
    const foreign = 'Could not attach to pid 42: current user does not own the process';
    expect(dumpFailure(said(foreign, { exitCode: 1 }), 42, 0)).to.include({ code: 'missing-permission' });
    const refused = 'Could not attach to pid 42: could not attach: operation not permitted';
    const error = dumpFailure(said(refused, { exitCode: 1 }), 42, 1);
    expect(error).to.include({ hint: 'sudo sysctl kernel.yama.ptrace_scope=0' });
    const gone = 'could not attach to pid 42: no such process';
    expect(dumpFailure(said(gone, { exitCode: 1 }), 42, 0)).to.include({ code: 'target' });
  });

  it('is undecided when it stopped half-way or was killed', () => {
    expect(dumpFailure(said('Dumping memory 1 / 2...'), 42, 0)).to.include({ code: 'undecided' });
    const killed = dumpFailure(said('', { exitCode: null, signal: 'SIGKILL' }), 42, 0);
    expect(killed?.message).to.include('SIGKILL');
  });
});
