import prettyBytes from 'pretty-bytes';
import { type Bundle, bundleSchema } from '../capture/bundle.js';
import { captureBundle } from '../capture/capture.js';
import { captureMethods } from '../capture/index.js';
import { LabError } from '../errors.js';
import type { RunningServer } from '../server/start.js';
import type { Run } from '../store/run-store.js';
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
  const method = captureMethods.find(({ name }) => name === config.capture);
  if (method === undefined) throw new LabError(`no capture method ${config.capture}`, { code: 'usage' });
  const { pid } = server.identity;
  return await inStage(context, 'capture', `${method.name} of pid ${pid}`, async (signal) => {
    await using _work = await busy?.();
    const folder = await folderOn(target, run, signal);
    const bundle = await captureBundle(
      { target, pid, method, dir: run.dir, folder, keepThere: delveThereOf(run) !== undefined },
      emit,
      signal,
    );
    const { apparent, onDisk, transferred } = bundle.size;
    const sizes = `${prettyBytes(onDisk)} on disk of ${prettyBytes(apparent)}`;
    const way = transferred === undefined ? '' : `, ${prettyBytes(transferred)} over the network`;
    return [bundle, `core.${pid}, ${sizes}${way}`];
  });
}

/** The bundle that the run's `capture` stage left. */
export function bundleOf(run: Run): Bundle {
  return run.resultOf('capture', bundleSchema);
}
