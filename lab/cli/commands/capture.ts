import { join } from 'node:path';
import { z } from 'zod';
import type { Bundle, LooksBundle } from '../../capture/bundle.js';
import { bundleFile, bundleFolder } from '../../capture/bundle-folder.js';
import { captureBundle } from '../../capture/capture.js';
import { captureHelper } from '../../capture/helper/method.js';
import { captureMethod } from '../../capture/index.js';
import { captureLooks } from '../../capture/looks.js';
import type { CaptureMethod } from '../../capture/method.js';
import { snapshotChoices } from '../../choices.js';
import { parseConfig } from '../../config.js';
import { isContainerTarget } from '../../containers/reference.js';
import { decimal } from '../../decimal.js';
import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import * as stages from '../../stages/index.js';
import { writeJson } from '../../store/json-file.js';
import { chooseRun } from '../../store/run-store.js';
import { openTarget } from '../../targets/index.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineCapture } from '../manual/capture.js';
import { withPatience, withProgress } from '../progress.js';
import { inVmHost } from '../vm-host.js';
import { actOn, targetFor } from './stage.js';

export const pidSchema = decimal(z.number().int().positive());

export const captureCommand: LabCommand = {
  define: defineCapture,
  async act({ options, output, signal }) {
    if (typeof options['target'] === 'string' && isContainerTarget(options['target'])) {
      const { captureContainer } = await import('./capture-container.js');
      return await captureContainer({ ...options, target: options['target'] }, output, signal);
    }
    requireNoDebugImage(options);
    const elsewhere = await inVmHost({ target: await targetFor(options), keep: true }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
    if (options['pid'] === undefined && (options['looks'] ?? options['every']) !== undefined) {
      throw new LabError('several looks are taken of a process, not of the server of a run', {
        ...{ code: 'usage', hint: 'name the process: --pid PID' },
      });
    }
    if (options['pid'] !== undefined) return await captureProcess(options, output, signal);
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

const pauseSchema = decimal(z.number().positive().max(86_400));
const snapshotSchema = z.enum(snapshotChoices);

/** The method of that name; how the helper is to go about it is its own affair. */
function chooseMethod(name: string, options: Readonly<Record<string, unknown>>): CaptureMethod {
  const { snapshot, maxPause } = options;
  if (name !== 'helper') {
    if ((snapshot ?? maxPause) === undefined) return captureMethod(name);
    throw new LabError('--snapshot and --max-pause are options of the helper', {
      ...{ code: 'usage', hint: `leave them out, or --capture ${name}` },
    });
  }
  const way = snapshotSchema.default('auto').safeParse(snapshot);
  if (!way.success) {
    throw new LabError(`--snapshot takes ${snapshotChoices.join(', ')}, not ${JSON.stringify(snapshot)}`, {
      ...{ code: 'usage', hint: 'leave it out: auto is the shortest pause without a fork' },
    });
  }
  if (maxPause === undefined) return captureHelper({ snapshot: way.data });
  const seconds = pauseSchema.safeParse(
    typeof maxPause === 'string' ? maxPause.replace(/(?<=\d)s$/, '') : maxPause,
  );
  if (seconds.success) return captureHelper({ snapshot: way.data, maxPauseMs: seconds.data * 1_000 });
  throw new LabError(`--max-pause takes seconds, not ${JSON.stringify(maxPause)}`, {
    ...{ code: 'usage', hint: 'for example --max-pause 0.5' },
  });
}

function requireNoDebugImage(options: Readonly<Record<string, unknown>>): void {
  if (options['debugImage'] === undefined) return;
  throw new LabError('--debug-image is for a process in a pod', {
    code: 'usage',
    hint: 'name the pod: --target kubectl://NAMESPACE/POD',
  });
}

const looksSchema = decimal(z.number().int().min(1).max(100));
const everySchema = decimal(z.number().positive().max(86_400));

export interface Looks {
  readonly looks: number;
  readonly everyMs: number;
}

/** How many cores, and how long the process runs between two of them. */
export function readLooks({ looks = '1', every = '5' }: Readonly<Record<string, unknown>>): Looks {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  const [count, seconds] = [
    looksSchema.safeParse(looks),
    everySchema.safeParse(typeof every === 'string' ? every.replace(/(?<=\d)s$/, '') : every),
  ];
  if (!count.success)
    return refuse(
      `--looks takes a number from 1 to 100, not ${JSON.stringify(looks)}`,
      'name how many: --looks 3',
    );
  if (!seconds.success)
    return refuse(`--every takes seconds, not ${JSON.stringify(every)}`, 'name how many: --every 5s');
  return { looks: count.data, everyMs: seconds.data * 1_000 };
}

/** What makes no sense together is said before anything is done to the process. */
function requireSensible(
  options: Readonly<Record<string, unknown>>,
  { looks }: Looks,
  { keepsProcess, name }: CaptureMethod,
): void {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if (looks > 1 && !keepsProcess)
    refuse(`--capture ${name} ends the process: there is no second look`, 'leave out --looks, or --capture');
  if (looks === 1 && options['every'] !== undefined)
    refuse('--every is the time between several looks', 'say how many: --looks 3');
}

/** Of a process that goes on, for how long it did not. */
function stoodStill({ method, pausedMs }: Bundle): string {
  if (!captureMethod(method).keepsProcess) return '';
  const ms = pausedMs < 10 ? pausedMs.toFixed(1) : Math.round(pausedMs).toString();
  return ` (process stopped for ${ms} ms)`;
}

async function captureProcess(
  options: Readonly<Record<string, unknown>>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const pid = pidSchema.safeParse(options['pid']);
  const { capture: name, target: where } = parseConfig(
    { target: options['target'], capture: options['capture'] ?? 'helper' },
    'capture',
  );
  const method = chooseMethod(name, options);
  if (!pid.success) {
    throw new LabError(`--pid takes a process id, not ${JSON.stringify(options['pid'])}`, {
      code: 'usage',
      hint: 'find it: pgrep -x NAME',
    });
  }
  const asked = readLooks(options);
  requireSensible(options, asked, method);
  const named = typeof options['output'] === 'string' ? options['output'] : `capture-${pid.data}`;
  await using made = await bundleFolder(named, pid.data);
  const { dir } = made;
  let kept: LooksBundle | undefined;
  const keep = async (bundle: LooksBundle): Promise<void> => {
    await writeJson(join(dir, bundleFile), bundle);
    kept = bundle;
  };
  try {
    const bundle = await withProgress(output, async (emit) => {
      await using target = await openTarget({ target: where }, emit, signal, { keep: true });
      const folder = target.kind === 'local' ? dir : target.workFolder;
      const request = { target, pid: pid.data, method, dir, folder };
      const text =
        asked.looks === 1
          ? `the core of pid ${pid.data}, and its hash`
          : `${asked.looks} cores of pid ${pid.data}, and their hashes`;
      return await withPatience(emit, { stage: 'capture', text }, async () =>
        asked.looks === 1
          ? await captureBundle(request, emit, signal)
          : await captureLooks(
              { ...asked, keep },
              (look) => captureBundle({ ...request, look }, emit, signal),
              emit,
              signal,
            ),
      );
    });
    if (kept === undefined) await writeJson(join(dir, bundleFile), bundle);
    output.document(bundle);
    output.print(
      `captured${stoodStill(bundle)}; ${kept === undefined ? analyzeHint(bundle) : compareHint(kept)}`,
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

export const analyzeHint = ({ exe, core }: Bundle): string =>
  `analyse it: npx lab analyze --exe ${quoteWord(exe)} --core ${quoteWord(core)}`;

export const compareHint = ({ exe, looks }: LooksBundle): string =>
  `compare them: npx lab compare ${looks.map(({ core }) => quoteWord(core)).join(' ')} --exe ${quoteWord(exe)}`;
