import { expect } from 'chai';
import { gcoreFailure } from '../../lab/capture/gcore.js';
import type { ExecResult } from '../../lab/targets/target.js';

/** What gdb 13 says, and how it ends. */
function said(text: string, ended: Partial<ExecResult> = {}): ExecResult {
  const result = { argv: ['gdb'], exitCode: 0, signal: null, timedOut: false, stdout: '', durationMs: 1 };
  return { ...result, stderr: text, ...ended };
}

const saved = 'Saved corefile /runs/core\n[Inferior 1 (process 42) detached]\n';
const harmless = 'warning: Memory read failed for corefile section, 4096 bytes at 0xffffffffff600000.\n';

describe('what gdb says of a core', () => {
  it('is no failure when the core was saved, whatever it could not read of the kernel’s page', () => {
    expect(gcoreFailure(said(harmless + saved), 42, 1)).to.equal(undefined);
  });

  it('is a full disk even when it claims success', () => {
    const text = `warning: Failed to write corefile contents (No space left on device).\n${saved}`;
    expect(gcoreFailure(said(text), 42, 0)).to.include({ code: 'no-space' });
  });

  it('is a missing permission, with the one command that mends it', () => {
    const text = 'ptrace: Operation not permitted.\n';
    const by = (yama: number | undefined) => gcoreFailure(said(text, { exitCode: 1 }), 42, yama);
    expect(by(1)).to.include({ code: 'missing-permission', hint: 'sudo sysctl kernel.yama.ptrace_scope=0' });
    expect(by(3)?.hint).to.include('reboot');
    expect(by(0)?.hint).to.include('sudo').and.to.include('SYS_PTRACE');
    expect(by(undefined)?.message).to.include('process 42');
  });

  it('names the debugger that holds the process', () => {
    const text = 'warning: process 42 is already traced by process 77\nptrace: Operation not permitted.\n';
    const failure = gcoreFailure(said(text, { exitCode: 1 }), 42, 1);
    expect(failure).to.include({ code: 'missing-permission' });
    expect(failure?.message).to.include('process 77');
  });

  it('is a process that is gone', () => {
    expect(gcoreFailure(said('ptrace: No such process.\n', { exitCode: 1 }), 42, 0)).to.include({
      code: 'target',
    });
  });

  it('is undecided when gdb was killed, or wrote nothing', () => {
    const killed = gcoreFailure(said('', { exitCode: null, signal: 'SIGKILL' }), 42, 0);
    expect(killed).to.include({ code: 'undecided' });
    expect(killed?.message).to.include('SIGKILL');
    expect(gcoreFailure(said('Unable to attach.\n'), 42, 0)).to.include({ code: 'undecided' });
  });
});
