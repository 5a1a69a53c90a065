import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseConfig } from '../../lab/config.js';
import { createRun } from '../../lab/store/run-store.js';
import { diagnosisLike, findingLike } from '../fakes/diagnosis.js';
import { buildHung, goTools } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { openTerminal } from '../terminal.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

const { signal } = new AbortController();
const evil = '\x1b]0;owned\x07\x1b[2J\u202e`<img src=x onerror=alert(1)>``';
/** What does something in a terminal; line ends, tabs and the colours of the lab do not. */
const active = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;

function expectHarmless(text: string, what: string): void {
  expect(active.exec(text.replaceAll('\r\n', '\n'))?.[0], what).to.equal(undefined);
}

describe('control characters and tags', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let core: RealCore | undefined;
  let files: readonly string[];

  before(async () => {
    folder = await tempFolder();
    const [go] = await goTools(signal);
    if (go === undefined) return;
    const edit = (source: string) =>
      source.replace('func (d *depot) put', `//line ${evil}.go:7\nfunc (d *depot) put`);
    const exe = await buildHung(go.path, folder, 'depot', { edit });
    core = await coreOf(exe, go.version, 'helper');
    files = ['--exe', exe, '--core', core.core];
  });
  after(async () => {
    await core?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('of a core reach neither terminal, nor pipe, nor JSON', async function () {
    if (core === undefined) return this.skip();
    const plain = await lab(['analyze', ...files]);
    expectRow('control-characters-core', plain);
    expectHarmless(plain.stdout, 'text');
    const json = await lab(['analyze', ...files, '--json']);
    expectHarmless(json.stdout, 'JSON');
    const words = files.map((word) => `'${word}'`).join(' ');
    await using terminal = openTerminal(`sh -c "${labCommand.replaceAll('"', '')} analyze ${words}"`, {
      columns: 80,
      env: { NO_COLOR: '' },
    });
    const seen = await terminal.ended;
    expect(seen).to.contain('\\x1b]0;owned\\x07');
    for (const sequence of ['\x1b]0', '\x1b[2J', '\u202e', '\x07']) expect(seen).not.to.contain(sequence);
  });

  it('of a stored run reach neither its list nor its reports', async () => {
    const before = process.env['LAB_RUNS'];
    process.env['LAB_RUNS'] = folder.file('runs');
    try {
      const run = await createRun(parseConfig({ scenario: 'gossip' }));
      const kind = { class: 'resource', subtype: 'double-lock', certainty: 'strong' } as const;
      const finding = findingLike({ ...kind, functions: [evil], resources: [evil], victims: 1 });
      const limits = [evil];
      const diagnosis = diagnosisLike({ verdict: 'deadlock', summary: evil, findings: [finding], limits });
      await writeFile(run.file('diagnosis.json'), JSON.stringify(diagnosis));
      await run.stage('load', () => Promise.reject(new Error(evil))).catch(() => undefined);
      await run.note({ go: evil, [evil]: evil });
      await writeFile(run.file('server.log'), evil);
      await mkdir(run.file(`${evil.replaceAll('/', '')}`));
      await run.conclude({ verdict: 'confirmed', exitCode: 0, summary: evil, reasons: [evil] });
      for (const words of [['runs'], ['runs', '--json'], ['report', run.dir]]) {
        const { exitCode, stdout, stderr } = await lab(words, { LAB_RUNS: folder.file('runs') });
        expect(exitCode, stderr).to.equal(0);
        expectHarmless(stdout + stderr, words.join(' '));
      }
      expect(await readdir(run.dir)).to.include.members(['report.md', 'transcript.md', 'report.html']);
      for (const name of ['report.md', 'transcript.md']) {
        const text = await readFile(run.file(name), 'utf8');
        expectHarmless(text, name);
        // Outside of code, a tag is one; `\<` is none (CommonMark, "Backslash escapes").
        const prose = text.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/gs, '');
        expect(prose.match(/(?<!\\)<(?!a id=|\/a>|br>)/), name).to.equal(null);
      }
    } finally {
      if (before === undefined) delete process.env['LAB_RUNS'];
      else process.env['LAB_RUNS'] = before;
    }
  });

  it('of an argument come back in its error as they are read, not as they act', async () => {
    const words = `analyze --exe "$(printf '${evil.replaceAll('`', '')}')" --core x`;
    const refused = await shell(`${labCommand} ${words}`);
    expectRow('control-characters-argument', refused);
    expectHarmless(refused.stderr, 'error');
  });
});
