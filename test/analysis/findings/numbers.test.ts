import { expect } from 'chai';
import { syncStateText } from '../../../lab/analysis/findings/sync-evidence.js';
import { numbered } from '../../../lab/analysis/model/counts.js';
import type { SyncObject } from '../../../lab/analysis/model/snapshot.js';

const at = { address: 16, queued: [] };

function said(state: SyncObject['state']): string {
  return syncStateText({ ...at, state }, 'mu');
}

describe('numbers in the text of a diagnosis', () => {
  it('have the form of one thing, or of many and none', () => {
    expect([0, 1, 2].map((count) => numbered(count, 'goroutine waits', 'goroutines wait'))).to.deep.equal([
      '0 goroutines wait',
      '1 goroutine waits',
      '2 goroutines wait',
    ]);
  });

  it('agree with what is said of locks', () => {
    const mutex = (waiters: number) => ({ locked: true, woken: false, starving: false, waiters });
    const rwmutex = (count: number) => ({
      readers: count,
      readerWait: count,
      writerPending: true,
      writer: mutex(count),
    });
    expect(said({ kind: 'rwmutex', rwmutex: rwmutex(1) })).to.equal(
      'mu at 0x10: a writer waits for 1 reader to unlock; 1 reader has it or waits for it; 1 more writer waits',
    );
    expect(said({ kind: 'rwmutex', rwmutex: rwmutex(2) })).to.equal(
      'mu at 0x10: a writer waits for 2 readers to unlock; 2 readers have it or wait for it; 2 more writers wait',
    );
    expect(said({ kind: 'mutex', mutex: mutex(1) })).to.equal('mu at 0x10 is locked, 1 waits for it');
    expect(said({ kind: 'waitgroup', waitgroup: { counter: 1, waiters: 1 } })).to.contain('1 waits for it');
    expect(said({ kind: 'cond', cond: { address: 16, locker: 32, wait: 1, notify: 1 } })).to.equal(
      'mu at 0x10: 1 wait has begun, 1 of them was notified',
    );
  });
});
