import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { checkPair } from '../../lab/core/elf.js';
import { type FunctionTable, readFunctionTable } from '../../lab/core/function-table.js';
import { type BulkMemory, openCoreMemory } from '../../lab/core/memory.js';
import { type ProgramImage, readProgramImage } from '../../lab/core/program-image.js';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { findModuleData } from '../../lab/goruntime/module-data.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { buildHung, goTools, hungModule } from '../hung-program.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
const builds = { default: [], 'position independent': ['-buildmode=pie'] };

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}

for (const go of gos) {
  for (const [name, flags] of Object.entries(builds)) {
    describe(`the function table of ${go.version}, built ${name}`, function () {
      this.timeout(60_000);
      let folder: TempFolder;
      let exe: string;
      let dlv: string;
      let held: RealCore;
      let memory: BulkMemory;
      let image: ProgramImage;
      let table: FunctionTable;

      before(async function () {
        const delve = await findDelve({ goVersion: go.version, install: false }, signal);
        if (delve === undefined) return this.skip();
        dlv = delve.path;
        folder = await tempFolder();
        exe = await buildHung(go.path, folder, 'service', { flags });
        held = await coreOf(exe, go.version, 'delve');
        const pair = await checkPair(exe, held.core, signal);
        memory = openCoreMemory(held.core, exe);
        image = await readProgramImage(pair.exe, pair.core, signal);
        const module = required(findModuleData(memory, image));
        table = readFunctionTable(memory, { header: module.table, text: module.text, gofunc: module.gofunc });
      });
      after(async () => {
        memory?.[Symbol.dispose]();
        await held?.[Symbol.asyncDispose]();
        await folder?.[Symbol.asyncDispose]();
      });

      it('names every function as the symbol table does', async () => {
        const { stdout } = await execa(go.path, ['tool', 'nm', exe], { env: { GOTOOLCHAIN: 'local' } });
        const symbols = new Map<number, string[]>();
        for (const [, address = '', symbol = ''] of stdout.matchAll(/^\s*([0-9a-f]+) [tT] (.+)$/gm)) {
          const at = Number.parseInt(address, 16) + image.bias;
          symbols.set(at, [...(symbols.get(at) ?? []), symbol]);
        }
        expect(table.size).to.be.greaterThan(1000);
        for (let i = 0; i < table.size; i++) {
          const entry = required(table.entry(i));
          // The table has neither the marks of assembly functions nor type arguments.
          const names = (symbols.get(entry.address) ?? []).map((symbol) =>
            bare(symbol).replace(/\.abi0$/, ''),
          );
          expect(names, entry.address.toString(16)).to.include(bare(entry.name));
        }
      });

      it('tells the lines and the inlined calls that Delve tells', async () => {
        const launch = { dlv, exe, core: held.core, startTimeoutMs: 30_000 };
        await using session = await launchDelveCore(launch, signal);
        const options = { signal, timeoutMs: 30_000 };
        const { Goroutines: all } = await session.client.listGoroutines({ start: 0, count: 100 }, options);
        let compared = 0;
        let inlined = 0;
        for (const { id } of all) {
          const frames = await session.client.stacktrace({ id, depth: 50 }, options);
          for (let at = 0; at < frames.length; ) {
            const { pc } = required(frames[at]);
            const ours = table.frames(at === 0 ? pc : pc - 1);
            // C code on a thread's own stack is not in the table.
            if (ours.length === 0) break;
            const theirs = frames.slice(at, at + ours.length);
            expect(ours.map((f) => `${bare(f.function)} ${f.file}:${f.line}`)).to.deep.equal(
              theirs.map((f) => `${bare(f.function?.name ?? '')} ${f.file}:${f.line}`),
            );
            inlined += ours.length - 1;
            compared += ours.length;
            at += ours.length;
          }
        }
        expect(compared).to.be.greaterThan(200);
        expect(inlined).to.be.greaterThan(0);
      });

      it('knows nothing of addresses outside the code', () => {
        expect(table.frames(16)).to.deep.equal([]);
        expect(table.frames(required(table.entry(0)).address - 1)).to.deep.equal([]);
        expect(table.frames(required(image.tables[0]))).to.deep.equal([]);
      });

      it('lists the sources', async () => {
        expect(table.files()).to.include(join(await hungModule(), 'main.go'));
      });
    });
  }
}

const bare = (name: string) => name.replace(/\[.*\]/, '').replaceAll('·', '.');
