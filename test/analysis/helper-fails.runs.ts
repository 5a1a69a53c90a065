import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { ensureFacts } from '../../lab/toolchain/facts.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { buildHung, goTools } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { buildLarge } from '../large-program.js';
import { linkedCache } from '../own-cache.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

/** Stands between the lab and the helper, and does to one kind of question what it is told to. */
const goBetween = (helper: string, method: string, fault: string) => `#!${process.execPath}
const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const helper = spawn(${JSON.stringify(helper)}, { stdio: ['pipe', 'pipe', 'inherit'] });
helper.stdout.pipe(process.stdout);
const hello = new Promise((resolve) => helper.stdout.once('data', resolve));
helper.on('exit', (code) => process.exit(code ?? 1));
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  await hello;
  const { id, method } = JSON.parse(line);
  if (method !== ${JSON.stringify(method)}) return helper.stdin.write(line + '\\n');
  ${fault}
});
lines.on('close', () => helper.stdin.end());
`;

const kill = "helper.kill('SIGKILL'); process.kill(process.pid, 'SIGKILL');";
const garbage = "console.log('fmt.Println left behind');";
const error = (internal: boolean) =>
  `console.log(JSON.stringify({ id, error: { message: method + ' failed: unknown syntax\\ngoroutine 1', internal: ${internal} } }));`;
const otherForm = 'console.log(JSON.stringify({ id, result: { operations: 7 } }));';

/** What it does, and what the line of limits says. */
const faults: readonly (readonly [string, (helper: string) => string, RegExp])[] = [
  [
    'ends with 2 at once',
    () => '#!/bin/sh\nexit 2\n',
    /^The sources could not be read: the helper ended with exit code 2\.$/,
  ],
  [
    'is out of memory',
    (helper) => `#!/bin/sh\nulimit -d 40000\nexec ${helper}\n`,
    /^The sources could not be read: the sources need more memory than there is/,
  ],
  [
    'prints garbage at once',
    () => "#!/bin/sh\necho 'Hello, World!'\nexec sleep 10\n",
    /^The sources could not be read: .*Hello/,
  ],
  ...(['load', 'stacks'] as const).flatMap((method) => [
    [
      `is killed while it is asked for ${method}`,
      (helper: string) => goBetween(helper, method, kill),
      /^The sources could not be read: the helper was killed/,
    ] as const,
    [
      `does not understand what it reads for ${method}`,
      (helper: string) => goBetween(helper, method, error(true)),
      /^The sources could not be read: .* failed: unknown syntax\.$/,
    ] as const,
  ]),
  ...(['places', 'releasers'] as const).flatMap((method) => [
    [
      `is killed while it is asked for ${method}`,
      (helper: string) => goBetween(helper, method, kill),
      /^\d+ questions? about the sources (?:was|were) not answered.*: the helper was killed/,
    ] as const,
    [
      `prints garbage instead of ${method}`,
      (helper: string) => goBetween(helper, method, garbage),
      /^\d+ questions? about the sources .*: the helper wrote what is no answer: fmt\.Println left behind\.$/,
    ] as const,
    [
      `fails over ${method}`,
      (helper: string) => goBetween(helper, method, error(true)),
      /^\d+ questions? about the sources .*: \w+ failed: unknown syntax\.$/,
    ] as const,
    [
      `refuses ${method}`,
      (helper: string) => goBetween(helper, method, error(false)),
      /^\d+ questions? about the sources .*: \w+ failed: unknown syntax\.$/,
    ] as const,
    [
      `answers ${method} in another form`,
      (helper: string) => goBetween(helper, method, otherForm),
      /^\d+ questions? about the sources .*: the answer to \w+ is not of the form agreed on\.$/,
    ] as const,
  ]),
];

describe('a helper that fails', function () {
  this.timeout(300_000);
  const before_ = process.env['LAB_CACHE'];
  let folder: TempFolder;
  let helper: string;
  let delve: string;
  const programs = new Map<string, { readonly exe: string; readonly taken: RealCore; whole: Diagnosis }>();

  before(async function () {
    const [go] = await goTools(signal);
    const found = go === undefined ? undefined : await findDelve({ goVersion: go.version }, signal);
    if (go === undefined || found === undefined) return this.skip();
    delve = found.path;
    helper = (await ensureFacts({ goVersion: go.version }, signal)).path;
    folder = await tempFolder();
    await linkedCache(folder.file('cache'));
    process.env['LAB_CACHE'] = folder.file('cache');
    await buildLarge(go.path, folder.file('healthy'));
    await buildHung(go.path, folder, 'hung');
    for (const name of ['healthy', 'hung']) {
      const exe = folder.file(name);
      const taken = await coreOf(exe, go.version, 'helper');
      programs.set(name, { exe, taken, whole: await analyze(exe, taken.core, helper) });
    }
  });

  after(async () => {
    if (before_ === undefined) delete process.env['LAB_CACHE'];
    else process.env['LAB_CACHE'] = before_;
    for (const { taken } of programs.values()) await taken[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const analyze = (exe: string, core: string, facts: string) =>
    analyzeCore({ exe, core, delve, facts }, () => undefined, signal);

  async function standIn(name: string, text: string): Promise<string> {
    const path = folder.file(`${name.replaceAll(/\W+/g, '-')}/facts`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await chmod(path, 0o755);
    return path;
  }

  it('is asked about everything here when it does not', () => {
    expect([...programs.values()].map(({ whole }) => whole.verdict)).to.deep.equal(['none', 'deadlock']);
    for (const { whole } of programs.values()) expect(whole.limits).to.deep.equal([]);
  });

  for (const [what, text, limit] of faults) {
    it(`and ${what} costs sources, not the diagnosis`, async () => {
      const facts = await standIn(what, text(helper));
      for (const [name, { exe, taken, whole }] of programs) {
        const diagnosis = await analyze(exe, taken.core, facts);
        expect(diagnosis.verdict, name).to.equal('unknown');
        expect(diagnosis.findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
        expect(diagnosis.groups.length).to.equal(whole.groups.length);
        expect(diagnosis.process.goroutines).to.deep.equal(whole.process.goroutines);
        expect(
          diagnosis.limits.filter((line) => limit.test(line)),
          diagnosis.limits.slice(-3).join('\n'),
        ).to.have.length(1);
        expect(diagnosis.limits.join('\n')).not.to.match(/goroutine 1\b|^ {4}at |\n\n/m);
      }
    });
  }

  it('is no failure of the command: it exits with 2, and says in a line what is missing', async () => {
    const { exe, taken } = programs.get('hung') as { exe: string; taken: RealCore };
    // In the place of the one that was built.
    const cache = folder.file('other');
    await linkedCache(cache);
    const built = join(cache, dirname(helper).split('/').at(-1) ?? '');
    await rm(built);
    await mkdir(built);
    await writeFile(join(built, 'facts'), goBetween(helper, 'releasers', kill), { mode: 0o755 });
    const env = { LAB_CACHE: cache };
    const { exitCode, stdout, stderr } = await lab(['analyze', '--exe', exe, '--core', taken.core], env);
    expect(exitCode, stderr).to.equal(2);
    expect(stdout.replaceAll(/\s+/g, ' '))
      .to.contain('about the sources')
      .and.contain('the helper was killed');
    expect(`${stdout}\n${stderr}`).not.to.match(/^ {4}at |FactsFailure|^error/m);
  });
});
