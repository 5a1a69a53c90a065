import { expect } from 'chai';
import { parkedIn, parseGoroutines, standingIn } from '../../lab/drive/goroutine-page.js';

const page = `goroutine 41 [running]:
runtime/pprof.writeGoroutineStacks({0x8d1220, 0xc0001fe000})
	/usr/local/go/src/runtime/pprof/pprof.go:761 +0x65
main.(*Shop).serve(0xc000114000)
	/src/shop.go:12 +0x1d

goroutine 1 [select, 2 minutes, locked to thread]:
main.main()
	/src/main.go:20 +0x90

goroutine 7 [sync.RWMutex.RLock]:
sync.runtime_SemacquireRWMutexR(0x0?, 0x0?, 0x0?)
	/usr/local/go/src/runtime/sema.go:100 +0x25
sync.(*RWMutex).RLock(...)
	/usr/local/go/src/sync/rwmutex.go:74
main.(*Shop).serve(0xc000114000)
	/src/shop.go:14 +0x2f
main.Map[...].each({0x1, 0x2})
	/src/map.go:3 +0x2f
created by main.(*Shop).open in goroutine 1
	/src/shop.go:5 +0x4f
`;

describe('the page of goroutines', () => {
  it('is read with states and functions, those that are inlined and generic too', () => {
    const goroutines = parseGoroutines(page);
    expect(goroutines.map(({ id, state }) => [id, state])).to.deep.equal([
      [41, 'running'],
      [1, 'select'],
      [7, 'sync.RWMutex.RLock'],
    ]);
    expect(goroutines[2]?.functions).to.deep.equal([
      'sync.runtime_SemacquireRWMutexR',
      'sync.(*RWMutex).RLock',
      'main.(*Shop).serve',
      'main.Map[...].each',
    ]);
  });

  it('tells those that wait in a function from those that only are there', () => {
    const goroutines = parseGoroutines(page);
    expect(standingIn(goroutines, 'main.(*Shop).serve').map(({ id }) => id)).to.deep.equal([41, 7]);
    expect(parkedIn(goroutines, 'main.(*Shop).serve').map(({ id }) => id)).to.deep.equal([7]);
    expect(standingIn(goroutines, 'main.(*Shop).open')).to.deep.equal([]);
  });

  it('is empty when it is no such page', () => {
    expect(parseGoroutines('404 page not found\n')).to.deep.equal([]);
  });
});
