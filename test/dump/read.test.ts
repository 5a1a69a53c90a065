import { expect } from 'chai';
import { readDumps } from '../../lab/dump/index.js';
import { rejectsWith } from '../rejects.js';

const read = (...chunks: string[]) => readDumps(pieces(chunks), { signal: new AbortController().signal });

async function* pieces(chunks: readonly string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

const deadlock = `fatal error: all goroutines are asleep - deadlock!

goroutine 1 [sync.WaitGroup.Wait, 2 minutes]:
sync.runtime_SemacquireWaitGroup(0xc000012108?)
	/usr/local/go/src/runtime/sema.go:110 +0x25
sync.(*WaitGroup).Wait(0xc000012100)
	/usr/local/go/src/sync/waitgroup.go:118 +0x48
main.main()
	/app/main.go:20 +0x1f

goroutine 7 [chan send, locked to thread]:
main.worker(...)
	/app/main.go:12
main.main.func1()
	/app/main.go:17 +0x1f
created by main.main in goroutine 1
	/app/main.go:16 +0x30

goroutine 8 [chan send, locked to thread]:
main.worker(...)
	/app/main.go:12
main.main.func1()
	/app/main.go:17 +0x1f
created by main.main in goroutine 1
	/app/main.go:16 +0x30
exit status 2
`;

describe('the reader of goroutine dumps', () => {
  it('takes what go test prints behind the last goroutine for no part of it', async () => {
    const [dump] = await read(deadlock.replace('exit status 2\n', 'FAIL\texample.com/app\t1.009s\nFAIL\n'));
    expect(dump?.limits).to.deep.equal([]);
    expect(dump?.stacks.map(({ lack }) => lack)).to.deep.equal([undefined, undefined]);
  });

  it('counts goroutines of one stack, and keeps their numbers and argument words', async () => {
    const [dump, ...more] = await read(deadlock);
    expect(more).to.have.length(0);
    expect(dump).to.include({
      form: 'traceback',
      fatal: 'all goroutines are asleep - deadlock!',
      goroutines: 3,
    });
    expect(dump?.limits).to.deep.equal([]);
    const [waiter, sender] = dump?.stacks ?? [];
    expect(waiter).to.include({ status: 'waiting', waitReason: 'sync.WaitGroup.Wait', count: 1 });
    expect(waiter?.members.map(({ id, minutes, words }) => ({ id, minutes, words }))).to.deep.equal([
      { id: 1, minutes: 2, words: ['0xc000012108?', '0xc000012100', ''] },
    ]);
    expect(sender).to.include({ waitReason: 'chan send', locked: true, count: 2 });
    expect(sender?.frames[0]).to.deep.equal({
      function: 'main.worker',
      file: '/app/main.go',
      line: 12,
      inlined: true,
    });
    expect(sender?.createdBy).to.deep.equal({ function: 'main.main', file: '/app/main.go', line: 16 });
    expect(sender?.members.map(({ id, createdIn }) => [id, createdIn])).to.deep.equal([
      [7, 1],
      [8, 1],
    ]);
  });

  it('reads the same in pieces that end anywhere', async () => {
    const whole = await read(deadlock);
    for (let at = 1; at < deadlock.length; at += 7) {
      expect(JSON.stringify(await read(deadlock.slice(0, at), deadlock.slice(at)))).to.equal(
        JSON.stringify(whole),
      );
    }
  });

  it('refuses what has no goroutine in it', async () => {
    await rejectsWith('usage', read('hello\n'));
  });
});
