import { join } from 'node:path';
import { z } from 'zod';
import { bundleFile, bundleFolder } from '../../capture/bundle-folder.js';
import { captureBundle } from '../../capture/capture.js';
import { captureMethod } from '../../capture/index.js';
import { parseConfig } from '../../config.js';
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

const pidSchema = decimal(z.number().int().positive());

export const captureCommand: LabCommand = {
  define: defineCapture,
  async act({ options, output, signal }) {
    const elsewhere = await inVmHost({ target: await targetFor(options), keep: true }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
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

async function captureProcess(
  options: Readonly<Record<string, unknown>>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const pid = pidSchema.safeParse(options['pid']);
  const { capture: name, target: where } = parseConfig(
    { target: options['target'], capture: options['capture'] },
    'capture',
  );
  const method = captureMethod(name);
  if (!pid.success) {
    throw new LabError(`--pid takes a process id, not ${JSON.stringify(options['pid'])}`, {
      code: 'usage',
      hint: 'find it: pgrep -x NAME',
    });
  }
  const named = typeof options['output'] === 'string' ? options['output'] : `capture-${pid.data}`;
  await using made = await bundleFolder(named, pid.data);
  const { dir } = made;
  const bundle = await withProgress(output, async (emit) => {
    await using target = await openTarget({ target: where }, emit, signal, { keep: true });
    const folder = target.kind === 'local' ? dir : target.workFolder;
    return await withPatience(
      emit,
      { stage: 'capture', text: `the core of pid ${pid.data}, and its hash` },
      async () => await captureBundle({ target, pid: pid.data, method, dir, folder }, emit, signal),
    );
  });
  await writeJson(join(dir, bundleFile), bundle);
  output.document(bundle);
  output.print(
    `captured; analyse it: npx lab analyze --exe ${quoteWord(bundle.exe)} --core ${quoteWord(bundle.core)}`,
  );
  return 0;
}
