import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/diagnosis.js';
import { delveDump } from '../../lab/capture/delve-dump.js';
import { localTarget } from '../../lab/targets/local.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goTools, startHung } from '../hung-program.js';
import { sideBySide } from '../side-by-side.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixture = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go/healthy');
const { signal } = new AbortController();
const gos = await goTools(signal);
const programs = [
  'after-func',
  'bounded-semaphore',
  'cache',
  'cond-queue',
  'connection-pool',
  'context-tree',
  'error-group',
  'graceful-shutdown',
  'http-server',
  'pipeline',
  'pub-sub',
  'rate-limiter',
  'request-reply',
  'single-flight',
  'supervisor',
  'tickers',
  'worker-pool-busy',
  'worker-pool-idle',
  'dispatcher',
  'linked-list',
  'toggled',
  'alternating',
  'callback',
  'deep-recursion',
  'generics',
  'only-timers',
  'blocked-main',
  'background',
  'not-started',
  'named-result',
  'remote',
  'shared',
  'closed-by-library',
  'embedded-elsewhere',
  'called-through-field',
  'sent-by-library',
];
/** Starts the program, takes a core of it while it works, and diagnoses it. */
async function diagnose(exe: string, go: string, dlv: string, folder: TempFolder, name: string) {
  const program = await startHung(exe, folder, signal, [name]);
  // Delve's dump writes beside the core what belongs to Delve alone.
  const own = folder.file(name);
  await execa('mkdir', [own]);
  const core = `${own}/core`;
  try {
    const { pid } = program.identity;
    await delveDump.capture({ target: localTarget(), pid, file: core, goVersion: go }, signal);
  } finally {
    await program.kill('SIGKILL');
    await program[Symbol.asyncDispose]();
  }
  try {
    return await analyzeCore({ exe, core, delve: dlv }, () => undefined, signal);
  } finally {
    if (process.env['LAB_KEEP_CORES'] === undefined) await execa('rm', ['-rf', own]);
  }
}

/** Optimised code by the first Go at hand, and by the last, if there is another, code that keeps every variable. */
const builds: readonly {
  readonly go: (typeof gos)[number] | undefined;
  readonly flags: readonly string[];
}[] = [
  { go: gos[0], flags: [] },
  { go: gos.at(-1), flags: ['-gcflags=all=-N -l'] },
];

for (const { go, flags } of builds) {
  if (go === undefined) continue;
  describe(`healthy programs under load, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    let folder: TempFolder;
    let results: Map<string, Promise<Diagnosis>>;

    before(async function () {
      const found = await findDelve({ goVersion: go.version, install: false }, signal);
      // Skips where a Delve that reads this Go is missing.
      if (found === undefined) this.skip();
      folder = await tempFolder();
      const exe = folder.file('server');
      const env = { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
      await execa(go.path, ['build', ...flags, '-o', exe, '.'], { cwd: fixture, env });
      results = sideBySide(programs, (name) => diagnose(exe, go.version, found.path, folder, name));
      // Each test looks at its own result; nobody does when an earlier one ended the run.
      for (const result of results.values()) result.catch(() => undefined);
    });
    after(async () => {
      await Promise.allSettled(results?.values() ?? []);
      await folder?.[Symbol.asyncDispose]();
    });

    for (const name of programs) {
      it(`finds nothing above suspected in ${name}`, async () => {
        const diagnosis = await results.get(name);
        const alarms = diagnosis?.findings
          .filter(({ certainty }) => certainty !== 'suspected')
          .map(({ certainty, explanation }) => `${certainty}: ${explanation}`);
        expect(alarms).to.deep.equal([]);
        expect(diagnosis?.verdict).not.to.equal('deadlock');
        expect(diagnosis?.stats.crossCheckMismatches).to.equal(0);
      });
    }
  });
}
