import { join } from 'node:path';
import { captureMethod } from '../capture/index.js';
import type { HttpSeen } from '../checklist/http-look.js';
import { patienceForDump, type Quit, quitSeenBefore, quitServer } from '../checklist/sigquit.js';
import { observeSymptoms, type Symptoms } from '../checklist/symptoms.js';
import { LabError } from '../errors.js';
import { describeExit } from '../hang/judge.js';
import { quoteWord } from '../quote-word.js';
import { crowdOf } from '../scenarios/sized.js';
import { builtServerSchema } from '../server/build.js';
import { type RunningServer, reattachServer, startedServerSchema, startServer } from '../server/start.js';
import type { Run } from '../store/run-store.js';
import { commandsAgain } from '../store/stage-commands.js';
import type { Target, TargetProcess } from '../targets/target.js';
import { delveThereOf } from './prepare.js';
import { folderOn, inStage, leaveFolder, plannedIn, type StageContext } from './stage.js';

export async function start(context: StageContext): Promise<RunningServer> {
  const { run, target } = context;
  const { config, scenario } = plannedIn(run);
  const { exe } = run.resultOf('build', builtServerSchema);
  await requireNoServer(context);
  return await inStage(context, 'start', 'the server', async (signal, keep) => {
    const folder = await folderOn(target, run, signal);
    const { environment, requireProcess } = captureMethod(config.capture);
    const logFile = join(folder, 'server.log');
    // Of a server that was started before: it would be read as what this one says of its ports.
    await target.exec(['rm', '-f', '--', logFile], { signal });
    const server = await startServer(
      target,
      {
        // The kernel's core appears where its process works.
        ...(environment === undefined ? {} : { env: environment, cwd: folder }),
        exe,
        port: config.port ?? scenario.server.port ?? 0,
        pprofPort: config.pprofPort ?? scenario.server.pprofPort ?? 0,
        path: scenario.server.path,
        flags: scenario.server.flags,
        logFile,
        onStarted: (identity) => keep({ identity }),
      },
      signal,
    );
    try {
      // What keeps its core from being taken is better known before it has been brought to hang.
      await requireProcess?.({ target, pid: server.identity.pid }, signal);
    } catch (error) {
      await server.process[Symbol.asyncDispose]();
      throw error;
    }
    return [server, `pid ${server.identity.pid} listens at ${server.url}`];
  });
}

/**
 * A run has one server. One that a killed lab had only begun to start is ended; one that runs may be hung already, which
 * is what the run is for, and is left as it is.
 */
async function requireNoServer({ run, target, signal }: StageContext): Promise<void> {
  const left = await leftServer(run, target, signal);
  if (left === undefined) return;
  if (run.record.stages['start']?.state !== 'done') return await left[Symbol.asyncDispose]();
  throw new LabError(`the server of this run is running already: pid ${left.identity.pid}`, {
    code: 'usage',
    hint: `end it first: npx lab stop --run ${quoteWord(run.dir)}`,
  });
}

/** What the run's `start` left running, even if the lab was killed before it was ready. */
async function leftServer(run: Run, target: Target, signal: AbortSignal): Promise<TargetProcess | undefined> {
  const started = startedServerSchema.pick({ identity: true }).safeParse(run.record.stages['start']?.result);
  return started.success ? await target.attach(started.data.identity, signal) : undefined;
}

/** The server that the run's `start` stage left running, for the stage that needs it. */
export async function reattach(
  { run, target, signal }: StageContext,
  stage: 'load' | 'capture' | 'stop',
): Promise<RunningServer> {
  const started = run.resultOf('start', startedServerSchema);
  const server = await reattachServer(target, started, signal);
  if (server !== undefined) return server;
  throw new LabError(`the server of this run (pid ${started.identity.pid}) is gone`, {
    code: 'target',
    hint:
      stage === 'stop'
        ? 'nothing has to be stopped: look at the run with `npx lab runs`'
        : `begin with another one: ${commandsAgain(stage, run.dir)}`,
  });
}

/**
 * What curl, pprof and gdb see of the server. `meanwhile` is done while curl still waits; it returns for how
 * many milliseconds it stopped the server.
 */
export async function symptoms(
  context: StageContext,
  server: RunningServer,
  meanwhile?: () => Promise<number>,
): Promise<Symptoms> {
  const { run, target } = context;
  const { exe } = run.resultOf('build', builtServerSchema);
  return await inStage(context, 'symptoms', 'curl, pprof and gdb look at the server', async (signal) => {
    const seen = await observeSymptoms({
      target,
      pid: server.identity.pid,
      exe,
      url: server.url,
      pprofUrl: server.pprofUrl,
      pprofSeconds: 3 + Math.ceil(crowdOf(plannedIn(run).scenario) / 20_000),
      signal,
      ...(meanwhile === undefined ? {} : { meanwhile }),
    });
    return [seen, seen.curl.kind === 'seen' ? curlLine(seen.curl.value) : seen.curl.why];
  });
}

/**
 * Ends a hung server as a person would who wants its goroutines, with SIGQUIT; `endedAfterMs`: it was ended so already,
 * and took that long.
 */
export async function quit(
  context: StageContext,
  server: RunningServer,
  endedAfterMs?: number,
): Promise<Quit> {
  const { run, target } = context;
  const text = endedAfterMs === undefined ? 'SIGQUIT' : 'what it printed at SIGQUIT';
  return await inStage(context, 'stop', text, async (signal) => {
    const { process, logFile } = server;
    const deadlineMs = patienceForDump(crowdOf(plannedIn(run).scenario));
    const asked = { target, process, logFile, signal, deadlineMs };
    const seen = await (endedAfterMs === undefined ? quitServer(asked) : quitSeenBefore(asked, endedAfterMs));
    await bringLog(context, logFile, signal);
    const { sigquit } = seen;
    return [
      seen,
      sigquit.kind === 'seen'
        ? `SIGQUIT: ${sigquit.value.goroutines} goroutines printed, ${sigquit.value.ended ?? 'still running'}`
        : sigquit.why,
    ];
  });
}

/** Ends the server with SIGTERM, then SIGKILL. */
export async function stop(context: StageContext, server: RunningServer): Promise<void> {
  await inStage(context, 'stop', `pid ${server.identity.pid}`, async (signal) => {
    await server.process[Symbol.asyncDispose]();
    await bringLog(context, server.logFile, signal);
    const exit = server.process.exit();
    return [exit ?? null, exit === undefined ? 'it does not end' : describeExit(exit)];
  });
}

/** The log belongs to the run, wherever it was written. */
async function bringLog({ run, target }: StageContext, logFile: string, signal: AbortSignal): Promise<void> {
  if (target.kind === 'local') return;
  await target.download(logFile, run.file('server.log'), { signal });
  // A Delve there still needs what lies beside it.
  if (delveThereOf(run) === undefined) await leaveFolder(target, run);
}

/** Ends the server that a stored run left running; whether there was one. */
export async function stopServerOf(run: Run, target: Target, signal: AbortSignal): Promise<boolean> {
  const process = await leftServer(run, target, signal);
  await process?.[Symbol.asyncDispose]();
  return process !== undefined;
}

function curlLine({ message, status, ms }: HttpSeen): string {
  return message === '' ? `curl: status ${status ?? 'none'} after ${ms} ms` : message;
}
