import { join } from 'node:path';
import type { Bundle, LooksBundle } from '../../capture/bundle.js';
import { bundleFile, bundleFolder } from '../../capture/bundle-folder.js';
import { captureMethod } from '../../capture/index.js';
import { isContainerTarget } from '../../containers/reference.js';
import { LabError } from '../../errors.js';
import { writeJson } from '../../json-file.js';
import { quoteWord } from '../../quote-word.js';
import * as stages from '../../stages/index.js';
import { chooseRun } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineCapture } from '../manual/capture.js';
import { type AskedProcess, readProcess } from '../process/options.js';
import { takeProcess } from '../process/take.js';
import { withProgress } from '../progress.js';
import { inVmHost } from '../vm-host.js';
import { actOn, targetFor } from './stage.js';

export const captureCommand: LabCommand = {
  define: defineCapture,
  async act({ options, output, signal }) {
    const { target, pid, looks, every } = options;
    const isContainer = typeof target === 'string' && isContainerTarget(target);
    const isProcess = isContainer || pid !== undefined;
    if (!isProcess && (looks ?? every) !== undefined) {
      throw new LabError('several looks are taken of a process, not of the server of a run', {
        ...{ code: 'usage', hint: 'name the process: --pid PID' },
      });
    }
    if (!isProcess && options['slim'] === true) {
      throw new LabError('--slim is for a process, not for the server of a run', {
        ...{
          code: 'usage',
          hint: 'name the process: --pid PID; a run is slimmed as a kit: npx lab kit pack',
        },
      });
    }
    const asked = isProcess ? readProcess(options, 'capture') : undefined;
    const elsewhere = await inVmHost(
      { target: isContainer ? 'local' : await targetFor(options), keep: true },
      output,
      signal,
    );
    if (elsewhere !== undefined) return elsewhere;
    if (asked !== undefined) return await captureProcess(asked, options['output'], output, signal);
    const run = await chooseRun(typeof options['run'] === 'string' ? options['run'] : undefined);
    await actOn(run, output, signal, async (context) => {
      const server = await stages.reattach(context, 'capture');
      const { method, pausedMs } = await stages.capture(context, server);
      // It has ended with its core, and there is nothing to stop any more.
      if (!captureMethod(method).keepsProcess) await stages.quit(context, server, pausedMs);
    });
    output.document({ dir: run.dir, stage: 'capture', result: stages.bundleOf(run) });
    output.print(`captured; analyse it: npx lab analyze --run ${quoteWord(run.dir)}`);
    return 0;
  },
};

async function captureProcess(
  asked: AskedProcess,
  folder: unknown,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const named = typeof folder === 'string' ? folder : folderFor(asked);
  await using made = await bundleFolder(named, asked.pid);
  const { dir } = made;
  let kept: LooksBundle | undefined;
  const keep = async (bundle: LooksBundle): Promise<void> => {
    await writeJson(join(dir, bundleFile), bundle);
    kept = bundle;
  };
  try {
    const bundle = await withProgress(output, (emit) => takeProcess(asked, { dir, keep }, emit, signal));
    if (kept === undefined) await writeJson(join(dir, bundleFile), bundle);
    output.document(bundle);
    output.print(
      `captured${stoodStill(bundle)}${withoutData(bundle)}; ${kept === undefined ? analyzeHint(bundle) : compareHint(kept)}`,
    );
    return 0;
  } catch (error) {
    if (kept !== undefined) {
      const next = kept.looks.length > 1 ? compareHint(kept) : analyzeHint(kept);
      output.aside(`whole: ${kept.looks.length} of ${asked.looks} looks; ${next}`);
    }
    throw error;
  }
}

/** `./capture-PID`; of a container `./capture-NAME`, after it or the pod and its container. */
function folderFor({ target, how }: AskedProcess): string {
  if (how.kind === 'process') return `capture-${how.pid}`;
  const words = target
    .replace(/^\w+:\/\//, '')
    .split('/')
    .slice(-2);
  return `capture-${words.join('-').replace(/[^\w.-]/g, '')}`;
}

/** Of a process that goes on, for how long it did not. */
function stoodStill({ method, pausedMs }: Bundle): string {
  if (!captureMethod(method).keepsProcess) return '';
  const ms = pausedMs < 10 ? pausedMs.toFixed(1) : Math.round(pausedMs).toString();
  return ` (process stopped for ${ms} ms)`;
}

function withoutData({ slim, size }: Bundle): string {
  if (slim === undefined) return '';
  return `, ${slim.state} to ${(size.onDisk / 1e6).toFixed(1)} MB`;
}

const analyzeHint = ({ exe, core }: Bundle): string =>
  `analyse it: npx lab analyze --exe ${quoteWord(exe)} --core ${quoteWord(core)}`;

const compareHint = ({ exe, looks }: LooksBundle): string =>
  `compare them: npx lab compare ${looks.map(({ core }) => quoteWord(core)).join(' ')} --exe ${quoteWord(exe)}`;
