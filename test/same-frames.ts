import { expect } from 'chai';
import { readStripped } from '../lab/analysis/read/read-stripped.js';
import { checkPair } from '../lab/core/elf.js';
import { openCoreMemory } from '../lab/core/memory.js';
import { launchDelveCore } from '../lab/delve/launch.js';

const { signal } = new AbortController();

/** Each frame of a parked or runnable goroutine ends where the debug information, as Delve reads it, says too. */
export async function expectSameFrames(exe: string, core: string, dlv: string): Promise<void> {
  using memory = openCoreMemory(core, exe);
  const read = await readStripped(await checkPair(exe, core, signal), memory, signal);
  if (read.kind === 'lost') throw new Error(read.why);
  await using session = await launchDelveCore({ dlv, exe, core, startTimeoutMs: 30_000 }, signal);
  const options = { signal, timeoutMs: 30_000 };
  let compared = 0;
  for (const { frames, exampleIds, status } of read.snapshot.signatures) {
    const [id = 0] = exampleIds;
    if (status !== 'waiting' && status !== 'runnable') continue;
    const theirs = await session.client.stacktrace({ id, depth: 100 }, options);
    // The last frame has nothing above it, and what it is reckoned to end at differs.
    for (const [i, { function: name, offset }] of frames.slice(0, -1).entries()) {
      expect(offset, `frame ${i} of goroutine ${id}, ${name}`).to.equal(theirs[i]?.FrameOffset);
      compared += 1;
    }
  }
  expect(compared).to.be.greaterThan(20);
}

/** Goroutines that could run, wherever they were stopped, have stacks that reach back to where goroutines begin. */
export async function expectWholeStacks(exe: string, core: string): Promise<void> {
  using memory = openCoreMemory(core, exe);
  const read = await readStripped(await checkPair(exe, core, signal), memory, signal);
  if (read.kind === 'lost') throw new Error(read.why);
  const runnable = read.snapshot.signatures.filter(({ status }) => status === 'runnable');
  for (const { frames } of runnable) {
    const names = frames.map(({ function: name }) => name);
    expect(names.at(-1), names.join(' ')).to.equal('runtime.goexit');
  }
  expect(runnable.some(({ frames }) => frames.some((f) => f.function === 'runtime.asyncPreempt'))).to.equal(
    true,
  );
}
