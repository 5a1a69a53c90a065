import { expect } from 'chai';
import { localTarget } from '../../lab/targets/local.js';
import { identityOf, isSameProcess, parseProcStat } from '../../lab/targets/process-identity.js';
import { keepsTheContract } from './contract.js';

describe('the local target', () => {
  const target = localTarget();

  keepsTheContract(() => target);
});

describe('/proc/PID/stat', () => {
  it('is read past a command name with spaces and parentheses', () => {
    const numbers = Array.from({ length: 49 }, (_, index) => index + 4).join(' ');
    expect(parseProcStat(`7 (a) b (c) S ${numbers}`)).to.deep.equal({
      state: 'S',
      cpuTicks: 14 + 15,
      startTicks: 22,
      threads: 20,
      rssPages: 24,
    });
  });

  it('is undefined for text that is none', () => {
    expect(parseProcStat('')).to.equal(undefined);
    expect(parseProcStat('no such process')).to.equal(undefined);
  });

  it('identifies this very process', async () => {
    const identity = await identityOf(process.pid);
    expect(identity?.pid).to.equal(process.pid);
    expect(identity !== undefined && (await isSameProcess(identity))).to.equal(true);
  });
});
