import type { LabConfig } from '../../config.js';
import { load } from '../../drive/stage.js';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { isFleet } from '../../scenarios/fleets.js';
import * as stages from '../../stages/index.js';
import { recordSeries } from '../../store/recorder.js';
import { chooseRun, createRun, listRuns, openRun, type Run } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineStage, type StageCommandName, stageNames } from '../manual/stage.js';
import { withProgress } from '../progress.js';
import { inVmHost } from '../vm-host.js';
import { configFrom } from './run.js';

const acts: Readonly<Record<StageCommandName, (context: stages.StageContext) => Promise<unknown>>> = {
  provision: stages.provision,
  build: stages.build,
  start: stages.start,
  load: async (context) => await load(context, await stages.reattach(context, 'load')),
  stop: async (context) => await stages.stop(context, await stages.reattach(context, 'stop')),
};

/** The stages of `lab run`, one by one. `provision` and `build` begin a new run when the newest is past them. */
export const stageCommandList: readonly LabCommand[] = stageNames.map((name) => ({
  define: (program) => defineStage(program, name),
  async act({ args, options, output, signal }) {
    const elsewhere = await inVmHost({ target: await targetFor(options), keep: true }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
    const run = await runFor(name, args[0], options);
    await actOn(run, output, signal, acts[name]);
    output.document({ dir: run.dir, stage: name, result: run.record.stages[name]?.result ?? null });
    output.print(`${name} done; saved in ${run.dir}`);
    return 0;
  },
}));

/** Does one stage on a run, with its series recorded and its progress shown. */
export async function actOn(
  run: Run,
  output: Output,
  signal: AbortSignal,
  act: (context: stages.StageContext) => Promise<unknown>,
): Promise<void> {
  requireNoFleet(run.record.config.scenario);
  await using series = recordSeries(run.file);
  await withProgress(output, async (show) => {
    const emit: Emit = (event) => {
      series.emit(event);
      show(event);
    };
    await using target = await stages.connect(run, emit, signal, { keep: true });
    await act({ run, target, signal, emit });
  });
}

/** Where the command will happen, before a run is made for it. */
export async function targetFor(options: Readonly<Record<string, unknown>>): Promise<LabConfig['target']> {
  if (typeof options['target'] === 'string') return options['target'];
  const run = await chooseRun(typeof options['run'] === 'string' ? options['run'] : undefined).catch(
    () => undefined,
  );
  return run?.record.config.target ?? 'local';
}

async function runFor(
  name: string,
  scenario: unknown,
  options: Readonly<Record<string, unknown>>,
): Promise<Run> {
  const named = typeof options['run'] === 'string' ? options['run'] : undefined;
  if (named !== undefined || (name !== 'provision' && name !== 'build')) return await chooseRun(named);
  const newest = (await listRuns()).at(-1);
  const run = newest === undefined ? undefined : await openRun(newest).catch(() => undefined);
  const open =
    run !== undefined && run.record.conclusion === null && run.record.stages[name]?.state !== 'done';
  if (typeof scenario === 'string') requireNoFleet(scenario);
  return open && scenario === undefined ? run : await createRun(configFrom(scenario ?? 'blog', options));
}

/** Several servers and their balancer live and end together. */
function requireNoFleet(scenario: string): void {
  if (!isFleet(scenario)) return;
  throw new LabError('a fleet runs as a whole, not stage by stage', {
    code: 'usage',
    hint: `npx lab run ${scenario}`,
  });
}
