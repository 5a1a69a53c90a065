import { expect } from 'chai';
import type { Frame } from '../../../lab/analysis/model/frames.js';
import { callerOfSync } from '../../../lab/analysis/model/frames.js';
import { syncWaitOf } from '../../../lab/analysis/read/sync-wait.js';
import type { SyncLayout } from '../../../lab/goruntime/sync-objects.js';

const layout: SyncLayout = {
  mutex: { state: 0, sema: 4 },
  rwmutex: { w: 0, writerSem: 8, readerSem: 12, readerCount: 16, readerWait: 20 },
  waitgroup: { state: 0, sema: 8 },
  cond: undefined,
  once: undefined,
};
const stack = (...names: string[]): Frame[] =>
  names.map((name, index) => ({ function: name, file: '/f.go', line: 1, index, inlined: false }));
const parked = ['runtime.gopark', 'runtime.goparkunlock', 'runtime.semacquire1'];

describe('a wait in package sync', () => {
  it('is for the mutex around the semaphore, in old Go and new', () => {
    const expected = { kind: 'sync', objectKind: 'mutex', address: 996, mode: 'lock' };
    const old = stack(...parked, 'sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'main.f');
    const recent = stack(
      ...parked,
      'internal/sync.runtime_SemacquireMutex',
      'internal/sync.(*Mutex).lockSlow',
      'internal/sync.(*Mutex).Lock',
      'sync.(*Mutex).Lock',
      'main.f',
    );
    expect(syncWaitOf(old, 1000, layout)).to.deep.equal(expected);
    expect(syncWaitOf(recent, 1000, layout)).to.deep.equal(expected);
    expect(callerOfSync(recent)?.function).to.equal('main.f');
  });

  it('tells the three queues of an RWMutex apart', () => {
    const at = (word: number, ...names: string[]) =>
      syncWaitOf(stack(...parked, ...names, 'main.f'), word, layout);
    expect(at(1004, 'sync.(*Mutex).lockSlow', 'sync.(*RWMutex).Lock')).to.include({
      address: 1000,
      mode: 'lock',
    });
    expect(at(1008, 'sync.(*RWMutex).Lock')).to.include({ address: 1000, mode: 'drain' });
    expect(at(1012, 'sync.(*RWMutex).RLock')).to.include({ address: 1000, mode: 'rlock' });
  });

  it('is for a wait group', () => {
    const wait = syncWaitOf(stack(...parked, 'sync.(*WaitGroup).Wait', 'main.f'), 1008, layout);
    expect(wait).to.deep.equal({ kind: 'sync', objectKind: 'waitgroup', address: 1000, mode: 'wait' });
  });

  it('does not look at what stands further out on the stack', () => {
    const wait = syncWaitOf(
      stack(...parked, 'sync.(*Mutex).lockSlow', 'main.inner', 'sync.(*WaitGroup).Wait', 'main.f'),
      1004,
      layout,
    );
    expect(wait).to.include({ objectKind: 'mutex' });
  });

  it('is live inside of a sync.Map, and unknown for what it has never seen', () => {
    expect(
      syncWaitOf(stack(...parked, 'sync.(*Mutex).lockSlow', 'sync.(*Map).Store', 'main.f'), 4, layout),
    ).to.include({
      kind: 'live',
    });
    expect(syncWaitOf(stack(...parked, 'main.f'), 4, layout)).to.equal(undefined);
  });
});
