import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { type GivenInputs, openInputs } from '../../lab/unpack/inputs.js';
import { hasGcc } from '../go-build-env.js';
import { type BuildOptions, buildHung, goTools } from '../hung-program.js';
import { coreOf, type RealCore } from '../real-core.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasTool = async (name: string) =>
  (await execa(name, ['--version'], { reject: false })).code !== 'ENOENT';
const tools = (await hasTool('objcopy')) && (await hasTool('gdb'));

const builds: Readonly<Record<string, BuildOptions | undefined>> = {
  'a static program': {},
  'a position-independent program': { flags: ['-buildmode=pie'] },
  'a program with C': hasGcc
    ? {
        env: { CGO_ENABLED: '1' },
        flags: ['-ldflags=-linkmode=external'],
        edit: (source) =>
          source.replace('import (', '// int one(void) { return 1; }\nimport "C"\n\nimport ('),
      }
    : undefined,
};

for (const [index, [what, build]] of Object.entries(builds).entries()) {
  describe(`the debug information of ${what}, kept apart`, function () {
    this.timeout(120_000);
    let folder: TempFolder;
    let whole: string;
    let held: RealCore;
    let stripped: string;
    let debug: string;

    before(async function () {
      if (go === undefined || !tools || build === undefined) return this.skip();
      if ((await findDelve({ goVersion: go.version, install: false }, signal)) === undefined)
        return this.skip();
      folder = await tempFolder();
      await mkdir(folder.file('whole'));
      await mkdir(folder.file('shipped'));
      await mkdir(folder.file('debug'));
      whole = await buildHung(go.path, folder, 'whole/service', build);
      stripped = folder.file('shipped/service');
      debug = folder.file('debug/anything');
      await execa('strip', ['-o', stripped, whole]);
      await execa('objcopy', ['--only-keep-debug', whole, debug]);
      // The process ran what was shipped.
      held = await coreOf(stripped, go.version, 'helper');
    });
    after(async () => {
      await held?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    const open = (given: Omit<GivenInputs, 'core'>) =>
      openInputs(
        { ...given, core: held.core },
        { onProgress: () => undefined, onNote: () => undefined },
        signal,
      );

    /** By Delve and by the lab's own reader, which must agree. */
    async function expectWhole(given: Omit<GivenInputs, 'core'>) {
      await using inputs = await open(given);
      const diagnosis = await analyzeCore(inputs, () => undefined, signal);
      expect(diagnosis.stats.crossChecked, diagnosis.limits.join('\n')).to.be.greaterThan(10);
      expect(diagnosis.stats.crossCheckMismatches).to.equal(0);
      expect(diagnosis.findings[0]?.rule).to.equal('self-blocked-consumer');
    }

    it('is taken of a file that has nothing else, and of the unstripped executable', async () => {
      await expectWhole({ exe: stripped, debugFile: debug });
      if (index > 0) return;
      await expectWhole({ exe: stripped, debugFile: whole });
      await writeFile(`${debug}.gz`, gzipSync(await readFile(debug)));
      await expectWhole({ exe: stripped, debugFile: `${debug}.gz` });
      await rm(`${debug}.gz`);
    });

    // Where it lies is no matter of how the program was built.
    if (index > 0) return;

    it('is found in a folder, beside the executable, and by its link', async () => {
      await expectWhole({ exe: stripped, debugFile: folder.file('debug') });
      await copyFile(whole, folder.file('shipped/service.full'));
      await expectWhole({ exe: stripped });
      await rm(folder.file('shipped/service.full'));
      const linked = folder.file('shipped/linked');
      await mkdir(folder.file('shipped/.debug'));
      await copyFile(debug, folder.file('shipped/.debug/anything'));
      await execa('objcopy', [`--add-gnu-debuglink=${debug}`, stripped, linked]);
      await expectWhole({ exe: linked });
      // The same name, another sum.
      await rm(folder.file('shipped/.debug'), { recursive: true });
      await mkdir(folder.file('shipped/.debug'));
      const other = await buildHung(go?.path ?? 'go', folder, 'other', {
        edit: (source) => source.replace('Millisecond', 'Microsecond'),
      });
      await copyFile(other, folder.file('shipped/.debug/anything'));
      await using inputs = await open({ exe: linked });
      expect(inputs.exe).to.equal(linked);
      const wrong = await rejectsWith('usage', open({ exe: stripped, debugFile: other }));
      expect(wrong.message).to.match(/is of another build than .*: build IDs /);
    });

    it('is looked for by the GNU build ID where distributions put it', async function () {
      const { stdout } = await execa('readelf', ['-n', whole]);
      const id = /Build ID: ([0-9a-f]+)/.exec(stdout)?.[1];
      if (id === undefined) return this.skip();
      const place = folder.file(`tree/.build-id/${id.slice(0, 2)}`);
      await mkdir(place, { recursive: true });
      await copyFile(debug, `${place}/${id.slice(2)}.debug`);
      await expectWhole({ exe: stripped, debugFile: folder.file('tree') });
    });

    it('is refused when it has none, and in place of the executable', async () => {
      const none = await rejectsWith('usage', open({ exe: stripped, debugFile: stripped }));
      expect(none.message).to.contain('has no debug information');
      const empty = folder.file('empty');
      await mkdir(empty);
      const nowhere = await rejectsWith('usage', open({ exe: stripped, debugFile: empty }));
      expect(nowhere.message).to.match(/^no file in \S+ has the debug information of /);
      const only = await rejectsWith('usage', open({ exe: debug }));
      expect(only.hint).to.contain('--debug-file');
    });
  });
}
