import { LabError } from '../errors.js';
import type { MemoryLimits } from './helper-memory.js';

/**
 * - `refused`: it answered that it cannot do what was asked
 * - `broken`: it failed over what was asked, and goes on
 * - `memory`: it needed more than there was
 * - `ended`: it crashed, was killed, or left
 * - `protocol`: it is not the helper that was expected, or answered what nobody understands
 */
export type FactsFailureKind = 'refused' | 'broken' | 'memory' | 'ended' | 'protocol';

/** Why there are no facts, in words for a line of limits. */
export class FactsFailure extends LabError {
  readonly kind: FactsFailureKind;
  readonly why: string;

  constructor(kind: FactsFailureKind, why: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`no facts of the sources: ${why}`, {
      code: kind === 'refused' ? 'usage' : kind === 'memory' ? 'target' : 'internal',
      hint: hints[kind],
      details,
    });
    this.kind = kind;
    this.why = why;
  }
}

const hints: Readonly<Record<FactsFailureKind, string>> = {
  refused: 'check what was asked for, and whether it is part of this program',
  broken: 'leave the sources out: npx lab analyze --no-source',
  memory: 'end other programs, or analyse on a machine with more memory',
  ended: 'run the same command again; if it fails again, leave the sources out: npx lab analyze --no-source',
  protocol:
    'remove the folders facts-* of the cache (`.cache`, or LAB_CACHE), and run the same command again',
};

interface End {
  readonly code: number | null;
  readonly name: NodeJS.Signals | null;
  readonly greeted: boolean;
  readonly memory: MemoryLimits;
}

/** Why there are no facts, from how the helper ended and what it said last. */
export function explainEnd(
  { code, name, greeted, memory }: End,
  said: { why: string; tail: string },
): FactsFailure {
  const details = { exitCode: code, signal: name, stderr: said.tail };
  const limit = `${(memory.hard / 1e9).toFixed(1)} GB`;
  if (
    /out of memory|cannot allocate memory|failed to reserve|failed to create new OS thread/.test(said.why)
  ) {
    return new FactsFailure('memory', `the sources need more memory than there is (${limit})`, details);
  }
  if (name === 'SIGKILL') {
    return new FactsFailure(
      'memory',
      `the helper was killed, as a machine out of memory does (${limit})`,
      details,
    );
  }
  if (!greeted && (code === 126 || code === 127)) {
    return new FactsFailure(
      'ended',
      `the helper cannot be run${said.why === '' ? '' : `: ${said.why}`}`,
      details,
    );
  }
  const how = name === null ? `ended with exit code ${code}` : `was killed by ${name}`;
  return new FactsFailure('ended', `the helper ${how}${said.why === '' ? '' : `: ${said.why}`}`, details);
}
