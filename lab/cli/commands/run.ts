import { z } from 'zod';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { type LabConfig, parseConfig } from '../../config.js';
import { decimal } from '../../decimal.js';
import { LabError, toLabError } from '../../errors.js';
import { type Result, runExperiment } from '../../experiment.js';
import { conclusionWords } from '../../report/conclusion-words.js';
import { readReport } from '../../report/run-files.js';
import { runText } from '../../report/run-text.js';
import { sourceMapOf } from '../../run-sources.js';
import { isFleet } from '../../scenarios/fleets.js';
import { createRun, type Run } from '../../store/run-store.js';
import { targetFolderNow } from '../../targets/index.js';
import { worstOf } from '../../verdict.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineRun } from '../manual/run.js';
import { withProgress } from '../progress.js';
import { terminalOf } from '../screen.js';
import { inVmHost } from '../vm-host.js';
import { runFleetOnce } from './run-fleet.js';

const repeatSchema = decimal(z.number().int().min(1).max(1000));

export const runCommand: LabCommand = {
  define: defineRun,
  async act({ args, options, output, signal }) {
    const repeat = repeatSchema.safeParse(options['repeat']);
    if (!repeat.success) {
      throw new LabError('--repeat takes a whole number from 1 to 1000', {
        code: 'usage',
        hint: 'try --repeat 20',
      });
    }
    const config = configFrom(args[0], options);
    const elsewhere = await inVmHost({ target: config.target, keep: config.keepVm ?? false }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
    const once = isFleet(config.scenario) ? runFleetOnce : runOnce;
    const results: { run: Run; result: Pick<Result, 'conclusion'> }[] = [];
    for (let round = 1; round <= repeat.data; round += 1) {
      if (repeat.data > 1) output.aside(`\nround ${round} of ${repeat.data}`);
      results.push(await once(config, output, signal, repeat.data > 1));
    }
    const documents = results.map(({ run, result }) => ({ dir: run.dir, ...run.record, ...result }));
    output.document(documents.length === 1 ? documents[0] : documents);
    if (results.length > 1) output.print(tally(results.map(({ result }) => result)));
    return worstOf(results.map(({ result }) => result.conclusion));
  },
};

/** Reads a run's configuration from a scenario's name and options as typed. */
export function configFrom(scenario: unknown, options: Readonly<Record<string, unknown>>): LabConfig {
  const { json, quiet, repeat, run, ...rest } = options;
  // What a later stage goes on with must not depend on who types it.
  const overSsh = typeof rest['target'] === 'string' && rest['target'].startsWith('ssh://');
  return parseConfig({ ...rest, scenario, ...(overSsh ? { targetFolder: targetFolderNow() } : {}) });
}

async function runOnce(
  config: LabConfig,
  output: Output,
  signal: AbortSignal,
  brief: boolean,
): Promise<{ run: Run; result: Result }> {
  const run = await createRun(config);
  try {
    const result = await withProgress(output, async (emit) => {
      const announce = (conclusion: Result['conclusion'], diagnosis: Diagnosis | undefined): void =>
        emit({
          type: 'note',
          text: `${conclusionWords[conclusion.verdict]}: ${diagnosis?.summary ?? conclusion.summary}`,
        });
      return await runExperiment(run, emit, signal, announce);
    });
    if (!brief) output.print(await summary(run, output));
    return { run, result };
  } catch (thrown) {
    const { message, code, hint, details, cause } = toLabError(thrown);
    throw new LabError(message, {
      code,
      cause: cause ?? thrown,
      details: { ...details, evidence: run.dir },
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** The end of a run for a person. */
export async function summary(run: Run, output: Output): Promise<string> {
  return runText(await readReport(run), { ...terminalOf(output), dir: run.dir, sources: sourceMapOf(run) });
}

function tally(results: readonly Pick<Result, 'conclusion'>[]): string {
  const count = (verdict: string): number =>
    results.filter(({ conclusion }) => conclusion.verdict === verdict).length;
  const parts = (['confirmed', 'refuted', 'unknown'] as const).map(
    (verdict) => `${count(verdict)} ${conclusionWords[verdict]}`,
  );
  return `${results.length} runs: ${parts.join(', ')}`;
}
