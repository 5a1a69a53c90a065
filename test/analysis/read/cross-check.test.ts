import { expect } from 'chai';
import { isSame } from '../../../lab/analysis/read/cross-check.js';
import { goroutineSchema } from '../../../lab/delve/wire.js';
import type { RawGoroutine } from '../../../lab/goruntime/goroutines.js';

const at = (pc: number) => ({ pc, file: '/f.go', line: 1 });

const listed = (parts: Readonly<Record<string, unknown>>) =>
  goroutineSchema.parse({
    ...{ id: 7, status: 4, waitReason: 14, threadID: 0, currentLoc: at(100), userCurrentLoc: at(1) },
    ...{ goStatementLoc: at(50), startLoc: at(2), ...parts },
  });

const read = (parts: Partial<RawGoroutine>): RawGoroutine => ({
  ...{ id: 7, address: 1, status: 4, waitReason: 'chan send', waitReasonNumber: 14 },
  ...{ startPc: 2, goPc: 50, queues: [], pcs: [100], ...parts },
});

describe('the comparison of a goroutine with what Delve says', () => {
  it('wants status, wait reason, place and go statement to agree', () => {
    expect(isSame(read({}), listed({}))).to.equal(true);
    expect(isSame(read({}), listed({ status: 1 }))).to.equal(false);
    expect(isSame(read({}), listed({ waitReason: 15 }))).to.equal(false);
    expect(isSame(read({}), listed({ currentLoc: at(101) }))).to.equal(false);
    expect(isSame(read({}), listed({ goStatementLoc: at(51) }))).to.equal(false);
  });

  it('does not mind that the collector is looking at the stack', () => {
    const runnable = read({ status: 1, waitReason: '', pcs: [] });
    expect(isSame(runnable, listed({ status: 0x1001 }))).to.equal(true);
  });

  it('does not compare the place of a goroutine that is on a thread', () => {
    expect(isSame(read({}), listed({ threadID: 4711, currentLoc: at(9) }))).to.equal(true);
  });
});
