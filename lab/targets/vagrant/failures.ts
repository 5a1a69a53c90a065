import { LabError } from '../../errors.js';
import type { Explanation, FailedStep } from './failure.js';
import { problem, rules } from './failure-rules.js';
import type { VagrantEnd } from './run-vagrant.js';

/** Milliseconds in seconds, as an option is typed. */
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** Why Vagrant ended with another exit code than 0, or was ended by its deadline: with its last lines and one action. */
export function explainFailure(step: FailedStep, end: VagrantEnd): LabError {
  const lines = lastLines(end);
  const error = end.records.findLast((record) => record.kind === 'error-exit');
  const name = error?.kind === 'error-exit' ? (error.name.split('::').at(-1) ?? '') : '';
  const text = error?.kind === 'error-exit' ? error.message : lines.join('\n');
  const evidence = { name, text: `${text}\n${end.stderr}`, lines, step };
  const found = end.late
    ? late(step)
    : (rules.map((rule) => rule(evidence)).find(Boolean) ?? unknown(step, end));
  return new LabError([`${step.step}: ${found.what}`, ...lines.map((line) => `  ${line}`)].join('\n'), {
    code: found.code,
    hint: found.hint,
    details: {
      failure: found.failure,
      step: step.step,
      argv: step.argv,
      exitCode: end.exitCode,
      signal: end.signal,
      errorClass: name === '' ? undefined : name,
      lines,
      log: step.logFile,
    },
  });
}

/** The kind of a failure that this file explained. */
export function failureOf(error: unknown): string | undefined {
  const kind = error instanceof LabError ? error.details['failure'] : undefined;
  return typeof kind === 'string' ? kind : undefined;
}

/** Where in its own sources Ruby was says nothing to a user; the log has it. */
const backtrace = /^\s+from \S+:\d+:in |^\s*\^+$/;

/** The last twelve lines that Vagrant, its plugins or Ruby wrote, without the doubled one of an error. */
function lastLines({ records, stderr }: VagrantEnd): readonly string[] {
  const texts = records.flatMap((record) => {
    if (record.kind === 'ui' || record.kind === 'plain') return [record.text];
    return [];
  });
  const lines = [...texts, stderr].flatMap((text) => text.split('\n')).map((line) => line.trimEnd());
  return lines.filter((line) => line !== '' && !backtrace.test(line)).slice(-12);
}

function late({ deadlineMs }: FailedStep): Explanation {
  const hint = `give it more time: LAB_VM_TIMEOUT=${Math.ceil((2 * deadlineMs) / 1000)} (seconds)`;
  return problem('late', `not done within ${seconds(deadlineMs)}, and ended`, hint);
}

function unknown({ logFile }: FailedStep, { exitCode, signal }: VagrantEnd): Explanation {
  const how = signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
  const hint = logFile === undefined ? 'run the same command by hand with --debug' : `read ${logFile}`;
  return problem('unknown', how, hint);
}
