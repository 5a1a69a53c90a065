import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { buildHung, goTools } from '../hung-program.js';
import { archive, describedFile, kitManifest } from '../kit/archive.js';
import { lab } from '../lab-process.js';
import { coreOf } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

const { signal } = new AbortController();

describe('what others have made', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it('a kit with times that are none is refused, and nothing of it is written', async () => {
    const kit = folder.file('kit.tar.gz');
    for (const mtimeMs of [1e300, -1, Number.MAX_SAFE_INTEGER]) {
      const files = [{ ...describedFile('server', 'program'), mtimeMs }];
      const entries = [
        { name: 'a-run/kit.json', text: kitManifest(files) },
        { name: 'a-run/server', text: 'program' },
      ];
      await writeFile(kit, await archive(entries));
      expectRow('kit-time', await lab(['kit', 'open', kit, '-o', folder.file('opened')]));
      expect(existsSync(folder.file('opened'))).to.equal(false);
    }
  });

  it('a kit with control characters in its manifest sends none to a terminal', async () => {
    const kit = folder.file('kit.tar.gz');
    const evil = '\x1b]0;owned\x07\x9b2J';
    const manifest = kitManifest([describedFile('server', 'program')], { scenario: evil, leftOut: [evil] });
    const entries = [
      { name: 'a-run/kit.json', text: manifest },
      { name: 'a-run/server', text: 'program' },
    ];
    await writeFile(kit, await archive(entries));
    for (const json of [[], ['--json']]) {
      const opened = folder.file(`opened-${json.length}`);
      const { exitCode, stdout, stderr } = await lab(['kit', 'open', kit, '-o', opened, ...json]);
      expect(exitCode, stderr).to.equal(0);
      expect(stdout + stderr).not.to.match(/(?!\n)\p{Cc}/u);
      expect(stdout).to.contain('owned');
    }
  });

  it('folders that are no lessons are passed over', async () => {
    for (const name of ['.git', 'notes', 'lesson.md-old'])
      await mkdir(folder.file(`lessons/${name}`), { recursive: true });
    await writeFile(folder.file('lessons/README.md'), '# mine');
    const words = ['workshop', '--lessons', folder.file('lessons'), '--dir', folder.file('session')];
    expectRow('lessons-of-others', await lab(words));
  });

  it('a page needs memory for its graph, and says so when there is too little', async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    const exe = await buildHung(go.path, folder, 'depot');
    await using core = await coreOf(exe, go.version, 'helper');
    const words = `analyze --exe '${exe}' --core '${core.core}' --html '${folder.file('page.html')}'`;
    const limited = await shell(`ulimit -v 4000000; ${labCommand} ${words}`);
    expectRow('little-memory', limited);
    expect(limited.stdout).to.match(/^deadlock\[/);
  });
});
