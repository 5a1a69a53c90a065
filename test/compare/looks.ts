import { analyzeDump } from '../../lab/analysis/analyze-dump.js';
import type { Diagnosis, Group } from '../../lab/analysis/model/diagnosis.js';
import type { Roster } from '../../lab/analysis/model/roster.js';
import type { Look } from '../../lab/compare/model.js';
import { readDumps } from '../../lab/dump/index.js';

const { signal } = new AbortController();

/** Goroutines of a dump in its text: ids by what they are at, with what the runtime says between the brackets. */
export function dumpText(stacks: Readonly<Record<string, readonly number[]>>, minutes = 0): string {
  const time = minutes === 0 ? '' : `, ${minutes} minutes`;
  const goroutine = (id: number, what: string) => `goroutine ${id} [${reasons[what]}${time}]:
${frames[what]}created by main.main in goroutine 1
	/app/main.go:40 +0x30
`;
  return Object.entries(stacks)
    .flatMap(([what, ids]) => ids.map((id) => goroutine(id, what)))
    .join('\n');
}

const reasons: Readonly<Record<string, string>> = {
  feed: 'sync.Mutex.Lock',
  out: 'chan send',
  jobs: 'chan receive',
  sleep: 'sleep',
  spin: 'running',
  spins: 'runnable',
};
const frames: Readonly<Record<string, string>> = {
  feed: `internal/sync.runtime_SemacquireMutex(0xc000012108?, 0x0?, 0x1?)
	/usr/local/go/src/runtime/sema.go:95 +0x25
internal/sync.(*Mutex).lockSlow(0xc000012100)
	/usr/local/go/src/internal/sync/mutex.go:149 +0x15d
sync.(*Mutex).Lock(...)
	/usr/local/go/src/sync/mutex.go:46
main.(*feed).latest(0xc000012100)
	/app/main.go:33 +0x48
`,
  out: `main.publish(0xc000012200)
	/app/main.go:28 +0x48
`,
  jobs: `main.work(0xc000012300)
	/app/main.go:46 +0x48
`,
  sleep: `time.Sleep(0xf4240)
	/usr/local/go/src/runtime/time.go:363 +0x165
main.tick()
	/app/main.go:50 +0x48
`,
  spin: `main.(*hub).deliver(0xc000012400)
	/app/main.go:70 +0x48
`,
  spins: `main.(*hub).deliver(0xc000012400)
	/app/main.go:71 +0x48
`,
};

/** A dump as it is diagnosed without sources; `second` is when it was taken, undefined where that is not known. */
export async function lookAt(
  text: string,
  second: number | undefined,
  name = `dump-${second}`,
): Promise<Look> {
  const [dump] = await readDumps(chunks(text), { signal });
  if (dump === undefined) throw new Error('no dump');
  let roster: Roster | undefined;
  const onRoster = (read: Roster) => {
    roster = read;
  };
  const diagnosis = await analyzeDump(dump, { name, noSource: true, onRoster }, () => undefined, signal);
  const time = second === undefined ? undefined : new Date(Date.UTC(2026, 0, 1) + second * 1_000);
  return { name, kind: 'dump', time, diagnosis, roster };
}

async function* chunks(text: string) {
  yield Buffer.from(text);
}

/** What becomes of goroutines at a line of the program, said in place of the diagnosis. */
export function withOutlook(look: Look, line: number, outlook: Group['outlook']): Look {
  const groups = look.diagnosis.groups.map((group) =>
    group.stack.some((frame) => frame.line === line && frame.file === '/app/main.go')
      ? { ...group, outlook }
      : group,
  );
  return { ...look, diagnosis: { ...look.diagnosis, groups } as Diagnosis };
}

/** The goroutines at a line of the program spin in a loop, said in place of the diagnosis. */
export function withLoop(look: Look, line: number, spins: NonNullable<Group['spins']>): Look {
  const groups = withOutlook(look, line, 'spinning').diagnosis.groups.map((group) =>
    group.outlook === 'spinning' ? { ...group, spins } : group,
  );
  return { ...look, diagnosis: { ...look.diagnosis, groups } as Diagnosis };
}

/** The same look as a core has it: with frames of the runtime, functions that the compiler made, its own goroutines. */
export function asCore(look: Look): Look {
  const frame = (name: string, file: string, line: number) => ({
    function: name,
    file,
    line,
    inlined: false,
  });
  const groups = look.diagnosis.groups.map((group) => ({
    ...group,
    id: `K${group.id}`,
    stack: [
      frame('runtime.gopark', '/usr/local/go/src/runtime/proc.go', 463),
      ...group.stack,
      frame('main.main.gowrap1', group.goStatementLocation.file, group.goStatementLocation.line),
      frame('runtime.goexit', '/usr/local/go/src/runtime/asm_amd64.s', 1771),
    ],
  }));
  const sweeper = frame('runtime.bgsweep', '/usr/local/go/src/runtime/mgcsweep.go', 300);
  const [first] = groups;
  if (first === undefined) throw new Error('a core of nothing');
  const own = {
    ...first,
    id: 'KS',
    count: 1,
    waitReason: 'GC sweep wait',
    stack: [sweeper],
    startLocation: sweeper,
  };
  return {
    ...look,
    kind: 'core',
    diagnosis: { ...look.diagnosis, groups: [...groups, own] },
    roster: look.roster?.map((one) => ({ ...one, group: `K${one.group}` })),
  };
}
