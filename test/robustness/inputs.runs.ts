import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { buildHung, goTools } from '../hung-program.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectAsTold } from './expect-row.js';
import { labCommand, shell } from './shell.js';
import { typedRows } from './typed-rows/index.js';
import type { TypedRow } from './typed-rows/typed-row.js';

const { signal } = new AbortController();
/** As many at once as keep two processors busy. */
const atOnce = 4;

/** Files that are none of what is asked for. The machine and class of an ELF file stand in its first 20 bytes. */
const files = `
: > empty; echo hello > text; echo '#!/bin/sh' > script; mkfifo fifo; gzip -k text
printf 'MZ' > windows.exe; printf '\\xcf\\xfa\\xed\\xfe00000000' > macho
head -c 4096 /dev/zero > zeros; head -c 4096 server | tr '\\0-\\377' '\\1-\\377\\0' > noise; head -c 20 server > short
patch() { cp server "$1"; printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
patch arm64 18 '\\xb7\\x00'; patch bits32 4 '\\x01'; patch big-endian 5 '\\x02'
dump() { printf 'goroutine 7 [chan receive]:\\nmain.%s()\\n\\t/app/main.go:12 +0x1f\\n' "$1"; }
dump wait > dump; dump wait > dump-later; dump serve > dump-of-another
mkdir half list newer folder-in folder-in/run.json
echo '{"a":' > half/run.json; echo '[]' > list/run.json; echo '{"schema":"lab.run/99"}' > newer/run.json
node -e "require('net').createServer().listen('socket', () => process.kill(process.pid, 'SIGKILL'))" || true
`;

describe('what is typed wrongly, or stands wrongly around the lab', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let core: RealCore;
  const answers = new Map<TypedRow, ReturnType<typeof shell>>();

  before(async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    folder = await tempFolder();
    const exe = await buildHung(go.path, folder, 'server');
    await buildHung(go.path, folder, 'other', { edit: (source) => source.replaceAll('parcel', 'packet') });
    core = await coreOf(exe, go.version, 'helper');
    await symlink(core.core, folder.file('core'));
    await symlink('nowhere', folder.file('dangling'));
    await symlink('loop', folder.file('loop'));
    await mkdir(folder.file('folder'));
    await execa('bash', ['-c', files], { cwd: folder.path });
    await writeFile(folder.file('before'), '');
    answerAll(Object.values(typedRows).flat());
  });
  after(async () => {
    await core?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Starts with the first ones and goes on by itself: each test waits for its own. */
  function answerAll(rows: readonly TypedRow[]): void {
    const lanes = Array.from({ length: atOnce }, () => Promise.resolve<unknown>(undefined));
    for (const [i, row] of rows.entries()) {
      const words = row.line.includes('@') ? row.line : `@ ${row.line}`;
      const line = `cd '${folder.path}' && { ${words.replaceAll('@ ', `${labCommand} `)}; }`;
      const answer = (lanes[i % atOnce] as Promise<unknown>).then(() => shell(line));
      lanes[i % atOnce] = answer.catch(() => undefined);
      answers.set(row, answer);
    }
  }

  for (const [chapter, rows] of Object.entries(typedRows)) {
    for (const row of rows) {
      it(`${chapter}: ${row.input}`, async () => {
        const answer = await answers.get(row);
        expect(answer).not.to.equal(undefined);
        if (answer !== undefined) expectAsTold(row, answer);
      });
    }
  }

  it('leaves what was there as it was, and adds nothing', async () => {
    await Promise.all(answers.values());
    const { stdout } = await execa('find', ['.', '-newer', 'before'], { cwd: folder.path });
    expect(stdout.split('\n').filter((name) => name !== '' && name !== '.')).to.deep.equal([]);
  });
});
