import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SmallProject extends TempFolder {
  write(path: string, text: string): Promise<void>;
  /** Starts the bootstrap as npm does. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Started;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed on stdout so far. */
  output(): string;
}

const labSource = `
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }));
process.exitCode = 3;
`;

// The real search for tools has tests of its own; here it only matters what the set-up does with the result.
const prepareSource = `
export async function prepareToolchain({ step }: { step: <T>(text: string, work: () => Promise<T>) => Promise<T> }) {
  if (process.env['NO_TOOLS'])
    throw Object.assign(new Error('gdb is not installed'), { exitCode: 69, hint: 'apt-get install -y gdb' });
  const tool = await step('finding tools', async () => ({ path: process.execPath }));
  return { go: tool, gdb: tool, delve: tool, facts: tool };
}
`;

/** A project with the real set-up scripts, compiler and mocha around a few sources of its own. */
export async function smallProject(): Promise<SmallProject> {
  const folder = await tempFolder();
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(folder.file(path)), { recursive: true });
    await writeFile(folder.file(path), text);
  };
  await cp(join(projectRoot, 'scripts', 'setup'), folder.file('scripts/setup'), { recursive: true });
  for (const name of ['scripts/bootstrap.mjs', 'scripts/lab.mjs', 'tsconfig.json']) {
    await cp(join(projectRoot, name), folder.file(name));
  }
  await symlink(join(projectRoot, 'node_modules'), folder.file('node_modules'));
  await write('package.json', JSON.stringify({ name: 'small', type: 'module' }));
  await write('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages: { '': {} } }));
  await write('scripts/lab.ts', labSource);
  await write('lab/toolchain/prepare.ts', prepareSource);
  await write('test/a.test.ts', "it('passes', () => {});\n");

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Started => {
    const child = spawn(process.execPath, [folder.file('scripts/bootstrap.mjs'), ...args], {
      cwd: folder.path,
      env: { ...withoutTestVariables(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      texts.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      texts.stderr += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => resolve({ code, ...texts }));
    });
    return { child, ended, output: () => texts.stdout };
  };
  return { ...folder, write, start, run: (args, env) => start(args, env).ended };
}

/** Without what CI and an outer `npm test` set, so that the project behaves the same everywhere. */
function withoutTestVariables(): NodeJS.ProcessEnv {
  const {
    CI: _ci,
    LAB_TEST_COUNTS: _counts,
    LAB_TEST_DURATIONS: _durations,
    LAB_TEST_FAILURES: _failures,
    LAB_TEST_SUMMARY: _summary,
    ...rest
  } = process.env;
  return rest;
}
