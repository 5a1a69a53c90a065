import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';
import { localTarget } from '../lab/targets/local.js';
import type { Target, TargetProcess } from '../lab/targets/target.js';
import { goBuild } from './go-build.js';
import { type TempFolder, tempFolder } from './temp-folder.js';

export interface GoProgram extends AsyncDisposable {
  readonly exe: string;
  readonly folder: TempFolder;
}

/** Whether there is a Go to build with; the tests that need one skip without. */
export async function hasGo(): Promise<boolean> {
  return (await execa('go', ['version'], { reject: false })).exitCode === 0;
}

/** Builds the package `name` of a Go module into a folder of its own, removed when it is disposed. */
export async function buildGo(
  module: string,
  name: string,
  tags: readonly string[] = [],
): Promise<GoProgram> {
  const folder = await tempFolder();
  const exe = folder.file('server');
  const flags = tags.length > 0 ? [`-tags=${tags.join(',')}`] : [];
  await goBuild({ go: 'go', module, package: name, exe, flags });
  return { exe, folder, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

export interface Serving extends AsyncDisposable {
  readonly target: Target;
  readonly process: TargetProcess;
  readonly url: string;
}

/** Starts a server that prints `listening addr=HOST:PORT` and is ready then. */
export async function serve(
  argv: readonly string[],
  folder: TempFolder,
  signal: AbortSignal,
): Promise<Serving> {
  const target = localTarget();
  const logFile = join(folder.path, `${randomBytes(6).toString('hex')}.log`);
  const process = await target.start(argv, { signal, logFile });
  const port = await poll(async () => /listening addr=\S*:(\d+)/.exec(await readFile(logFile, 'utf8'))?.[1], {
    signal,
    deadlineMs: 10_000,
    everyMs: 20,
  });
  if (port === undefined) {
    await process[Symbol.asyncDispose]();
    throw new Error(`${argv[0]} did not say where it listens: ${await readFile(logFile, 'utf8')}`);
  }
  return {
    target,
    process,
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      // A server made to hang does not shut down in good order.
      await process.kill('SIGKILL');
      await process[Symbol.asyncDispose]();
    },
  };
}
