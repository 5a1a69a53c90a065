import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { type CrowdCore, crowdCore } from '../../bench/crowd.js';
import { layoutOf } from '../../bench/layout.js';
import { rosterOf } from '../../lab/analysis/model/roster.js';
import { openCoreMemory } from '../../lab/core/memory.js';
import { foldGoroutines } from '../../lab/goruntime/fold.js';
import { foldWithHelp, startFoldHelpers } from '../../lab/goruntime/fold-helpers.js';
import { readGoroutines } from '../../lab/goruntime/goroutines.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goTools } from '../hung-program.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasGcore = (await execa('gcore', [], { reject: false })).code !== 'ENOENT';
const module = resolve(fileURLToPath(import.meta.url), '../../../../bench/go/crowd');
const size = 100_000;

describe('threads that help to fold', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let crowd: CrowdCore;
  let layout: RuntimeLayout;

  before(async function () {
    const found =
      go === undefined ? undefined : await findDelve({ goVersion: go.version, install: false }, signal);
    if (go === undefined || found === undefined || !hasGcore) this.skip();
    folder = await tempFolder();
    crowd = await crowdCore({ go: go.path, module, folder: folder.path, size }, signal);
    layout = await layoutOf({ dlv: found.path, exe: crowd.exe, core: crowd.core }, signal);
  });
  after(async () => folder?.[Symbol.asyncDispose]());

  /** With locks and the like told apart by what nobody else would think of. */
  const otherTarget = (g: number) => g % 1024;

  function foldAlone() {
    using memory = openCoreMemory(crowd.core, crowd.exe);
    return foldGoroutines(memory, layout, signal, otherTarget);
  }

  it('come to the same as one alone, whoever reads what', async () => {
    const { waiters: _, ...alone } = foldAlone();
    expect(alone.total).to.be.greaterThan(size);
    using memory = openCoreMemory(crowd.core, crowd.exe);
    for (const helpers of [1, 3]) {
      await using started = startFoldHelpers(crowd, memory, layout, false, helpers);
      // However slow the thread is to start, it does its part.
      const [first] = started.parts;
      await first;
      const together = await foldWithHelp(started, memory, signal, otherTarget);
      expect(together).to.deep.include(alone);
    }
  });

  it('tell which goroutines each stack has, as reading them one by one does', async () => {
    using memory = openCoreMemory(crowd.core, crowd.exe);
    const one = [...readGoroutines(memory, layout)].map(({ id }) => id).sort((a, b) => a - b);
    for (const helpers of [0, 2]) {
      await using started = startFoldHelpers(crowd, memory, layout, true, helpers);
      await started.parts[0];
      const { members, stacks } = await foldWithHelp(started, memory, signal, otherTarget);
      if (members === undefined) throw new Error('the members were asked for');
      const names = stacks.map((_, i) => `S${i + 1}`);
      const roster = rosterOf(members, names);
      expect(roster.map(({ group, ids }) => [group, ids.length])).to.deep.equal(
        stacks.map(({ count }, i) => [names[i], count]),
      );
      for (const [i, { ids }] of roster.entries()) {
        expect([...ids]).to.deep.equal([...ids].sort((a, b) => a - b));
        for (const { address } of stacks[i]?.examples ?? [])
          expect(ids.includes(memory.u64(address + layout.g.goid) ?? 0)).to.equal(true);
      }
      expect(roster.flatMap(({ ids }) => [...ids]).sort((a, b) => a - b)).to.deep.equal(one);
    }
    expect(foldGoroutines(memory, layout, signal).members).to.equal(undefined);
  });

  it('may fail: then everything is read without them', async () => {
    using memory = openCoreMemory(crowd.core, crowd.exe);
    const nothing = { exe: crowd.exe, core: folder.file('none') };
    await using started = startFoldHelpers(nothing, memory, layout, false, 1);
    const together = await foldWithHelp(started, memory, signal, otherTarget);
    const { waiters: _, ...alone } = foldAlone();
    expect(together).to.deep.include(alone);
  });

  it('are not started for so few', async () => {
    using memory = openCoreMemory(crowd.core, crowd.exe);
    await using started = startFoldHelpers(crowd, memory, layout);
    expect(started.parts).to.deep.equal([]);
  });
});
