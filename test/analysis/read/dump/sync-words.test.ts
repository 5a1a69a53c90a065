import { expect } from 'chai';
import { syncStandOf } from '../../../../lab/analysis/read/dump/sync-words.js';

const stand = (...functions: string[]) =>
  syncStandOf(functions.map((name, index) => ({ function: name, file: '', line: 0, index, inlined: false })));

describe('how a goroutine of a dump waits for an object of package sync', () => {
  it('is a lock, whose address lockSlow was called with', () => {
    const locks = stand(
      'internal/sync.runtime_SemacquireMutex',
      'internal/sync.(*Mutex).lockSlow',
      'internal/sync.(*Mutex).Lock',
      'sync.(*Mutex).Lock',
      'main.f',
    );
    expect(locks).to.deep.include({ objectKind: 'mutex', mode: 'lock' });
    expect(locks).to.have.deep.nested.property('shown[0]', { frame: 1, offset: 0 });
  });

  it('is a writer behind another one, behind readers, or a reader', () => {
    const slow = ['sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow'];
    expect(stand(...slow, 'sync.(*RWMutex).Lock', 'main.f')).to.include({
      objectKind: 'rwmutex',
      mode: 'lock',
    });
    expect(stand('sync.runtime_SemacquireRWMutex', 'sync.(*RWMutex).Lock', 'main.f')).to.include({
      mode: 'drain',
    });
    expect(stand('sync.runtime_SemacquireRWMutexR', 'sync.(*RWMutex).RLock', 'main.f')).to.include({
      mode: 'rlock',
    });
  });

  it('is a group, a condition, or a moment inside of sync.Map', () => {
    expect(stand('sync.runtime_Semacquire', 'sync.(*WaitGroup).Wait', 'main.f')).to.include({ mode: 'wait' });
    expect(stand('sync.runtime_notifyListWait', 'sync.(*Cond).Wait', 'main.f')).to.include({
      mode: 'notify',
    });
    expect(
      stand('sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'sync.(*Map).Store', 'main.f'),
    ).to.equal('live');
  });

  it('is none where no method of package sync is on the stack', () => {
    expect(stand('main.f', 'sync.(*Once).Do')).to.equal(undefined);
  });

  it('is the lock again of one that was woken from a condition', () => {
    const woken = ['sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'sync.(*Cond).Wait', 'main.f'];
    expect(stand(...woken)).to.include({ objectKind: 'mutex', mode: 'lock' });
  });
});
