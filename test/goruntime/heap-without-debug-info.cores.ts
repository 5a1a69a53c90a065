import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkPair } from '../../lab/core/elf.js';
import { openCoreMemory } from '../../lab/core/memory.js';
import { readProgramImage } from '../../lab/core/program-image.js';
import { globalScope, smallLoad } from '../../lab/delve/client.js';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { LabError } from '../../lab/errors.js';
import type { EvaluateGlobal } from '../../lab/goruntime/fields.js';
import { type HeapLayout, readHeapLayout } from '../../lab/goruntime/heap/layout.js';
import { findHeapLayout, type StrippedHeap } from '../../lab/goruntime/heap/without-debug-info.js';
import { readRuntimeLayout } from '../../lab/goruntime/layout.js';
import { findModuleData } from '../../lab/goruntime/module-data.js';
import { evaluatorWithoutDebugInfo } from '../../lab/goruntime/without-debug-info.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { askedGos, goTools } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixture = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go/reach');
const { signal } = new AbortController();
const gos = [...(await goTools(signal)), ...(await askedGos())];

for (const go of gos) {
  describe(`the heap of ${go.version} without debug information`, function () {
    this.timeout(120_000);
    let folder: TempFolder;

    before(async () => {
      folder = await tempFolder();
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    it('is found as debug information tells it, and unknown versions of Go are refused', async function () {
      const delve = await findDelve({ goVersion: go.version, install: false }, signal);
      if (delve === undefined) return this.skip(); // no Delve for this Go
      const exe = folder.file('reach');
      await goBuild({ go: go.path, module: fixture, exe });
      await using made = await coreOf(exe, go.version, 'helper', ['queued-finalizer']);
      const pair = await checkPair(exe, made.core, signal);
      using memory = openCoreMemory(made.core, exe);
      const image = await readProgramImage(pair.exe, pair.core, signal);
      const module = findModuleData(memory, image);
      if (module === undefined) throw new Error('no module data');
      const known = evaluatorWithoutDebugInfo(memory, module, pair.exe.arch);
      const runtime = await readRuntimeLayout(known.evaluate, memory, signal);
      const heap: StrippedHeap = {
        ...{ memory, known, runtime, module, writable: image.writable, goVersion: go.version },
      };
      const ours = await findHeapLayout(heap, signal);

      await using session = await launchDelveCore(
        { dlv: delve.path, exe, core: made.core, startTimeoutMs: 30_000 },
        signal,
      );
      const load = { ...smallLoad, FollowPointers: false, MaxVariableRecurse: 2, MaxArrayValues: 1 };
      const evaluate: EvaluateGlobal = async (expression) => {
        const seen = await session.client.eval(globalScope, expression, { signal, timeoutMs: 30_000 }, load);
        if (seen.kind === 'value') return seen.variable;
        throw new LabError(seen.reason, { code: 'undecided', hint: '' });
      };
      const theirs = await readHeapLayout(evaluate, runtime.allgs.base, signal);

      // What only types of the runtime describe is not found without them.
      const comparable = ({
        queued,
        profileKind,
        poolLists,
        deferred,
        pageCaches,
        m,
        ...rest
      }: HeapLayout) => ({
        ...rest,
        m: { ...m, state: undefined },
      });
      expect(comparable(ours)).to.deep.equal(comparable(theirs));
      const filled = theirs.queued.flatMap(({ first, next = 0 }) => {
        const blocks: number[] = [];
        for (let at = first; at !== 0; at = memory.u64(at + next) ?? 0) blocks.push(at);
        return blocks.filter((at) => memory.u64(at + next + (next === 0 ? 16 : 8)) !== 0);
      });
      expect(filled.length).to.be.greaterThan(0);
      expect(ours.queued.map(({ first }) => first)).to.include.members(filled);

      for (const goVersion of ['go1.99.1', 'devel', undefined]) {
        const refused = await findHeapLayout({ ...heap, goVersion }, signal).catch((error: unknown) => error);
        expect(refused).to.have.property('code', 'undecided');
      }
    });
  });
}
