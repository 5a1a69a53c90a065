import { join } from 'node:path';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import type { Target, TargetProcess } from '../../lab/targets/target.js';
import { findGo, type GoTool } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

export interface StuckProgram extends AsyncDisposable {
  readonly exe: string;
  readonly go: GoTool;
  start(options: { hang: boolean }): Promise<StuckServer>;
}

/** A running `test/fixtures/go/stuck`; disposing it ends it. */
export interface StuckServer extends AsyncDisposable {
  readonly process: TargetProcess;
  readonly url: string;
  readonly pprofUrl: string;
  readonly logFile: string;
  readonly folder: TempFolder;
}

/** Builds the fixture; `undefined` without a Go toolchain. */
export async function buildStuck(target: Target): Promise<StuckProgram | undefined> {
  const go = await findGo(target, signal);
  if (go === undefined) return undefined;
  const folder = await tempFolder();
  const exe = folder.file('stuck');
  await goBuild({ go: go.path, module: join(projectRoot, 'test/fixtures/go/stuck'), exe });
  return {
    exe,
    go,
    start: ({ hang }) => startStuck(target, exe, hang),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function startStuck(target: Target, exe: string, hang: boolean): Promise<StuckServer> {
  const folder = await tempFolder();
  const logFile = folder.file('server.log');
  const process = await target.start([exe, `-hang=${hang}`], { logFile, signal });
  const said = await poll(
    async () => {
      const log = (await target.readFile(logFile, signal)) ?? '';
      return /addr=(\S+) pprof=(\S+)\n/.exec(log) ?? undefined;
    },
    { signal, deadlineMs: 10_000, everyMs: 10 },
  );
  if (said === undefined) throw new Error('the fixture did not say where it listens');
  const server = {
    ...{ process, logFile, folder, url: `http://${said[1]}/`, pprofUrl: `http://${said[2]}` },
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  if (hang) await untilHung(server.url);
  return server;
}

/** The first request may still be answered; the one that is not shows the hang. */
async function untilHung(url: string): Promise<void> {
  const hung = await poll(
    async () => {
      const asked = fetch(url, { signal: AbortSignal.timeout(300) });
      return await asked.then(
        () => undefined,
        () => true,
      );
    },
    { signal, deadlineMs: 10_000, everyMs: 10 },
  );
  if (hung === undefined) throw new Error('the fixture did not hang');
}
