import prettyBytes from 'pretty-bytes';
import { type Bundle, bundleSchema } from '../capture/bundle.js';
import { captureBundle } from '../capture/capture.js';
import { captureMethod } from '../capture/index.js';
import { LabError } from '../errors.js';
import type { RunningServer } from '../server/start.js';
import type { Run } from '../store/run-store.js';
import { commandsAgain } from '../store/stage-commands.js';
import { delveThereOf } from './prepare.js';
import { folderOn, inStage, plannedIn, type StageContext } from './stage.js';

/** Takes the core; what `busy` opens is kept up meanwhile. */
export async function capture(
  context: StageContext,
  server: RunningServer,
  busy?: () => Promise<AsyncDisposable>,
): Promise<Bundle> {
  const { run, target, emit } = context;
  const { config } = plannedIn(run);
  const method = captureMethod(config.capture);
  const { pid } = server.identity;
  const text = method.keepsProcess ? `${method.name} of pid ${pid}` : `the kernel's core of pid ${pid}`;
  return await inStage(context, 'capture', text, async (signal) => {
    await using _work = await busy?.();
    const folder = await folderOn(target, run, signal);
    const bundle = await captureBundle(
      { target, pid, method, dir: run.dir, folder, keepThere: delveThereOf(run) !== undefined },
      emit,
      signal,
    ).catch(async (error: unknown) => {
      const ended = method.keepsProcess && !signal.aborted && (await hasEnded(server, target, signal));
      throw ended ? endedMeanwhile(run, pid, error) : error;
    });
    const { apparent, onDisk, transferred } = bundle.size;
    const sizes = `${prettyBytes(onDisk)} on disk of ${prettyBytes(apparent)}`;
    const way = transferred === undefined ? '' : `, ${prettyBytes(transferred)} over the network`;
    return [bundle, `core.${pid}, ${sizes}${way}`];
  });
}

/** Whether the server is not there any more; on a machine that cannot be asked it may well be. */
async function hasEnded(
  { identity }: RunningServer,
  target: StageContext['target'],
  signal: AbortSignal,
): Promise<boolean> {
  const process = await target.attach(identity, signal).catch(() => 'unknown' as const);
  return process === undefined;
}

/** It says nothing about the program. */
function endedMeanwhile(run: Run, pid: number, cause: unknown): LabError {
  return new LabError(`the server (pid ${pid}) ended while its core was taken, by no doing of the lab`, {
    code: 'undecided',
    hint: `begin with another one: ${commandsAgain('capture', run.dir)}`,
    cause,
  });
}

/** The bundle that the run's `capture` stage left. */
export function bundleOf(run: Run): Bundle {
  return run.resultOf('capture', bundleSchema);
}
