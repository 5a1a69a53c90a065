import { expect } from 'chai';
import {
  isPollCall,
  parseBacktrace,
  parseThreads,
  waitsForNetwork,
} from '../../lab/checklist/gdb-backtrace.js';
import {
  countUserLocations,
  dialogue,
  parseDelveStack,
  parseLocationTable,
} from '../../lab/checklist/walk-parse.js';

const idle = `[Thread debugging using libthread_db enabled]
runtime.futex () at /go/src/runtime/sys_linux_amd64.s:570
570\t\tMOVL\tAX, ret+40(FP)
#0  runtime.futex () at /go/src/runtime/sys_linux_amd64.s:570
#1  0x000000000044cf30 in runtime.futexsleep (addr=0xfffffffffffffe00, val=0, ns=4795747) at /go/os_linux.go:73
#2  0x0000000000420707 in main.(*Metrics).CountS (n=0xa31a78 <runtime.m0+344>) at /go/lock_futex.go:47
#3  0x00007ffda496fa58 in ?? ()

Thread 2 (Thread 0x7f21ee6bf6c0 (LWP 10526) "stuck"):
#0  runtime.futex () at /go/src/runtime/sys_linux_amd64.s:570

Thread 1 (LWP 10525 "stuck"):
#0  runtime.epollwait () at /go/src/runtime/sys_linux_amd64.s:706
[Inferior 1 (process 10525) detached]
`;

describe("GDB's backtrace", () => {
  it('names the frames of the current thread, and of no other', () => {
    expect(parseBacktrace(idle)).to.deep.equal([
      { index: 0, function: 'runtime.futex' },
      { index: 1, function: 'runtime.futexsleep' },
      { index: 2, function: 'main.(*Metrics).CountS' },
      { index: 3, function: '??' },
    ]);
  });

  it('names where each thread is', () => {
    expect(parseThreads(idle)).to.deep.equal([
      { lwp: 10526, function: 'runtime.futex' },
      { lwp: 10525, function: 'runtime.epollwait' },
    ]);
  });

  it('is empty when there is none', () => {
    expect(parseBacktrace('ptrace: Operation not permitted.')).to.deep.equal([]);
  });

  it('tells the thread that waits for the network', () => {
    const names = ['internal/runtime/syscall/linux.Syscall6', 'x.EpollWait', 'runtime.netpoll'];
    expect(waitsForNetwork(names.map((name, index) => ({ index, function: name })))).to.equal(true);
    expect(waitsForNetwork(parseBacktrace(idle))).to.equal(false);
    expect(['runtime.epollwait', names[0] ?? '', 'runtime.futex'].map(isPollCall)).to.deep.equal([
      true,
      true,
      false,
    ]);
  });
});

describe('the table of user locations', () => {
  it('is read from what uniq -c prints', () => {
    expect(
      parseLocationTable('   1000 ["main.(*M).CountS",113]\n      1 [null,0]\nuniq: oops\n'),
    ).to.deep.equal([
      { function: 'main.(*M).CountS', line: 113, count: 1000 },
      { function: null, line: 0, count: 1 },
    ]);
  });

  it('is counted the same way without jq', () => {
    const at = (name: string, line: number) => ({ file: '', line, function: { name } });
    const goroutine = (id: number, name: string) => ({
      ...{ id, currentLoc: at('x', 1), goStatementLoc: at('x', 1), startLoc: at('x', 1) },
      userCurrentLoc: at(name, 7),
    });
    expect(countUserLocations([goroutine(1, 'b'), goroutine(2, 'a'), goroutine(3, 'b')])).to.deep.equal([
      { function: 'a', line: 7, count: 1 },
      { function: 'b', line: 7, count: 2 },
    ]);
  });
});

describe("Delve's stack", () => {
  it('has frames with their variables, colours or not', () => {
    const text = ` 0  0x000000000048a22e in \u001b[1mruntime.gopark\u001b[0m
    at /go/src/runtime/\u001b[1mproc.go:463\u001b[0m
        reason = waitReasonChanSend (20)
        lock = (unreadable could not find loclist entry at 0x7e643 for address 0x48a22e)

 1  0x0000000000692898 in main.(*Metrics).SetM
    at /my code/metrics.go:61
        key = "a = b"
`;
    expect(parseDelveStack(text)).to.deep.equal([
      {
        ...{ index: 0, function: 'runtime.gopark', file: '/go/src/runtime/proc.go', line: 463 },
        variables: [
          { name: 'reason', value: 'waitReasonChanSend (20)' },
          {
            name: 'lock',
            value: '(unreadable could not find loclist entry at 0x7e643 for address 0x48a22e)',
          },
        ],
      },
      {
        ...{ index: 1, function: 'main.(*Metrics).SetM', file: '/my code/metrics.go', line: 61 },
        variables: [{ name: 'key', value: '"a = b"' }],
      },
    ]);
  });
});

describe('a dialogue with Delve', () => {
  it('is put together from what was typed and what came after each prompt', () => {
    const printed = "Type 'help' for list of commands.\n(dlv) (dlv) Switched from 0 to 6\n(dlv) 1\n2\n(dlv) ";
    expect(dialogue('config x 4\ngoroutine 6\nprint c\nexit\n', printed)).to.deep.equal([
      { typed: 'config x 4', printed: '' },
      { typed: 'goroutine 6', printed: 'Switched from 0 to 6\n' },
      { typed: 'print c', printed: '1\n2\n' },
      { typed: 'exit', printed: '' },
    ]);
  });

  it('is not guessed when prompts are missing', () => {
    expect(dialogue('a\nb\n', '(dlv) one')).to.equal(undefined);
  });
});
