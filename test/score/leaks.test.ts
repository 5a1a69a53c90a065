import { expect } from 'chai';
import { leaksOfProfile } from '../../score/leaks.js';

const profile = `goroutine 1 [running]:
main.main()
	/src/main.go:3 +0x10

goroutine 7 gp=0xc0001 m=nil [sync.Mutex.Lock (leaked), 3 minutes]:
sync.(*Mutex).Lock(...)
	/go/src/sync/mutex.go:46
main.(*Store).refresh(0xc0000)
	/src/main.go:20 +0x39
main.Run.func2()
	/src/main.go:30 +0x26
created by main.Run in goroutine 1
	/src/main.go:29 +0xa5

goroutine 8 [chan receive]:
main.Run.func3()
	/src/main.go:40 +0x26
created by main.Run in goroutine 1
	/src/main.go:39 +0xa5`;

describe('what the runtime calls leaked', () => {
  it('is told by the function that a goroutine began in, and its wait', () => {
    expect(leaksOfProfile(profile)).to.deep.equal(['Run.func2() [sync.Mutex.Lock]']);
  });

  it('is nothing where the profile has no such goroutine', () => {
    expect(leaksOfProfile('goroutine profile: total 0')).to.deep.equal([]);
  });
});
