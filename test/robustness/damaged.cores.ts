import { expect } from 'chai';
import { findDelve } from '../../lab/toolchain/index.js';
import { buildHung, goTools } from '../hung-program.js';
import { type LabResult, lab } from '../lab-process.js';
import { randomFrom } from '../random.js';
import { coreOf, type RealCore } from '../real-core.js';
import { sideBySide } from '../side-by-side.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { damagedCopy, type Edit, noise, partsOf, zeros } from './damage.js';
import { expectRow } from './expect-row.js';

const { signal } = new AbortController();
const seed = 20_261_129;

describe('a damaged file', function () {
  this.timeout(300_000);
  let folder: TempFolder;
  let taken: RealCore;
  let exe: string;
  let parts: Awaited<ReturnType<typeof partsOf>>;
  let ofCore: Awaited<ReturnType<typeof partsOf>>;
  const random = randomFrom(seed);

  before(async function () {
    const [go] = await goTools(signal);
    if (
      go === undefined ||
      (await findDelve({ goVersion: go.version, install: false }, signal)) === undefined
    )
      return this.skip();
    folder = await tempFolder();
    exe = await buildHung(go.path, folder, 'depot');
    taken = await coreOf(exe, go.version, 'helper');
    [parts, ofCore] = await Promise.all([partsOf(exe), partsOf(taken.core)]);
  });
  after(async () => {
    await taken?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  let made = 0;
  async function analyzed(ours: string, core: string): Promise<LabResult> {
    return await lab(['analyze', '--exe', ours, '--core', core]);
  }
  async function withExe(edits: readonly Edit[], size?: number): Promise<LabResult> {
    const file = folder.file(`server-${made++}`);
    await damagedCopy(exe, file, edits, size);
    return await analyzed(file, taken.core);
  }
  async function withCore(edits: readonly Edit[], size?: number): Promise<LabResult> {
    const file = folder.file(`core-${made++}`);
    await damagedCopy(taken.core, file, edits, size);
    return await analyzed(exe, file);
  }
  const range = (name: string) => {
    const found = parts.ranges.find((one) => one.name === name || one.name === `.z${name.slice(1)}`);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  const all = async (results: readonly Promise<LabResult>[]) => await Promise.all(results);
  const expectAll = (results: readonly LabResult[], row: (result: LabResult) => void) => results.forEach(row);

  it('that is an executable and was cut off is not taken for a stripped one', async () => {
    const cuts = [0.05, 0.3, 0.6, 0.9, 0.999].map((part) => withExe([], Math.floor(parts.size * part)));
    expectAll(await all(cuts), (result) => expectRow('exe-cut', result));
  });

  it('that is an executable and contradicts itself is named', async () => {
    const noTable = { at: 40, bytes: Buffer.alloc(8) };
    const otherEntry = { at: 24, bytes: Buffer.from([1, 2, 3, 4, 5, 6, 0, 0]) };
    const results = await all([
      withExe([noTable]),
      withExe([otherEntry]),
      withExe([zeros(range('section headers'))]),
      withExe(noise(range('program headers'), 60, random)),
    ]);
    expectAll(results, (result) => expectRow('exe-cut', result));
  });

  it('over which Delve fails is read without Delve', async () => {
    const names = ['.debug_info', '.debug_abbrev', '.debug_line', '.debug_addr'];
    const damages = new Map(
      names.flatMap((name) => [
        [`${name}, zeros`, [zeros(range(name))]],
        [`${name}, noise`, noise(range(name), 2_000, random)],
      ]),
    );
    const results = sideBySide([...damages.keys()], (name) => withExe(damages.get(name) ?? []));
    for (const result of results.values()) expectRow('exe-debug-info', await result);
  });

  it('that does not say which Go built it is read without Delve', async () => {
    const result = await withExe([zeros(range('.go.buildinfo'))]);
    expectRow('exe-build-info', result);
    expect(result.stdout).to.match(/\d+ goroutines, \d+ blocked/);
  });

  it('that is a core and was cut off, or has noise for headers, is named', async () => {
    for (const part of [0.2, 0.7]) expectRow('core-cut', await withCore([], Math.floor(ofCore.size * part)));
    const [, table] = ofCore.ranges;
    if (table === undefined) throw new Error('no table');
    expectRow('core-headers', await withCore(noise(table, 200, random)));
  });

  it('that is a core without notes is read without Delve', async () => {
    const notes = ofCore.segments.filter(({ type }) => type === 4);
    const ranges = notes.map(({ offset, filesz }) => ({ at: offset, size: filesz }));
    expectRow('core-notes', await withCore(ranges.map(zeros)));
    expectRow('core-notes', await withCore(ranges.flatMap((one) => noise(one, one.size, random))));
  });

  it('in which no goroutine is left is named', async () => {
    expectRow('no-goroutines', await withCore([{ at: 56, bytes: Buffer.from([1, 0]) }]));
  });
});
