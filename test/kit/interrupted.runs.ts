import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { LabError, toLabError } from '../../lab/errors.js';
import { slimCore } from '../../lab/kit/slim-core.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { buildHung, goTools } from '../hung-program.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const moments = 12;
const objects = 8_000_000;

const withinMs = 1_000;

/** Objects that lead to one another, in a list through all of the heap. */
const withLargeHeap = (source: string) =>
  source
    .replace(
      'func main() {\n',
      `func main() {\n\tfor i := 0; i < ${objects}; i++ {\n\t\tlast = &node{last}\n\t}\n`,
    )
    .concat('\ntype node struct{ before *node }\n\nvar last *node\n');

describe('slimming a core with a large heap', function () {
  this.timeout(300_000);
  let folder: TempFolder;
  let held: RealCore;
  let request: Parameters<typeof slimCore>[0];

  before(async function () {
    const [go] = await goTools(signal);
    const delve = go === undefined ? undefined : await findDelve({ goVersion: go.version }, signal);
    if (go === undefined || delve === undefined) return this.skip();
    folder = await tempFolder();
    const exe = await buildHung(go.path, folder, 'large-heap', { edit: withLargeHeap });
    held = await coreOf(exe, go.version, 'helper');
    request = { exe, core: held.core, out: folder.file('slimmed'), delve: delve.path };
  });
  after(async () => {
    await held?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Milliseconds from the moment when it was to be given up until it was; `undefined` when it was done before. */
  async function givenUpAfter(ms: number): Promise<number | undefined> {
    const interruption = new AbortController();
    const due = performance.now() + ms;
    const timer = setTimeout(() => interruption.abort(), ms);
    try {
      await slimCore(request, interruption.signal);
      return undefined;
    } catch (error) {
      expect(toLabError(error)).to.be.instanceOf(LabError).and.to.include({ code: 'interrupted' });
      return performance.now() - due;
    } finally {
      clearTimeout(timer);
    }
  }

  it('is given up within a second at any moment, and leaves no half core', async () => {
    const began = performance.now();
    const { objects: counted } = (await slimCore(request, signal)) as { objects: { kept: number } };
    const wholeMs = performance.now() - began;
    expect(counted.kept).to.be.at.least(objects);
    const took: number[] = [];
    for (let i = 0; i < moments; i++) {
      request = { ...request, out: folder.file(`slimmed-${i}`) };
      const ms = await givenUpAfter((wholeMs * (i + 0.5)) / moments);
      if (ms === undefined) continue;
      expect(ms, `at moment ${i} of ${moments}`).to.be.below(withinMs);
      expect(existsSync(request.out)).to.equal(false);
      took.push(ms);
    }
    console.log(
      `      whole: ${Math.round(wholeMs)} ms; given up after ${took.map(Math.round).join(', ')} ms`,
    );
    expect(took.length).to.be.at.least(moments / 2);
  });
});
