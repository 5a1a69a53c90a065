import type { ProbeOutcome } from '../hang/health.js';
import type { LoadSample, LoadStep } from '../load/sample.js';
import type { CrowdSample } from '../stampede/facts.js';
import { unreachable } from '../unreachable.js';

/** Columns of the stage's name, with the space behind it. */
export const nameColumns = 11;

export function named(name: string, text: string): string {
  return `${name.padEnd(nameColumns - 1)} ${text}`;
}

export const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** One mark for a probe: a dot for an answer, letters for what is wrong. */
export function probeMark(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return '.';
    case 'timed-out':
      return 'x';
    case 'refused':
      return 'r';
    case 'cut':
      return 'c';
    default:
      return unreachable(outcome);
  }
}

export function probeText(outcome: ProbeOutcome): string {
  const ms = `${Math.round(outcome.ms)} ms`;
  switch (outcome.kind) {
    case 'answered':
      return `answered with ${outcome.status} in ${ms}`;
    case 'timed-out':
      return `${outcome.connected ? 'connected, but no answer' : 'no connection'} within ${ms}`;
    case 'refused':
      return 'connection refused';
    case 'cut':
      return `connection lost after ${ms}: ${outcome.message}`;
    default:
      return unreachable(outcome);
  }
}

export function stepText({ connections, pipelining, workers }: LoadStep): string {
  const deep = pipelining > 1 ? `, ${pipelining} requests in flight on each` : '';
  return `${thousands(connections)} connections${deep}${workers > 1 ? `, ${workers} workers` : ''}`;
}

export function sampleText({ requestsPerSecond, responses, errors, timeouts }: LoadSample): string {
  const failed = [
    ...(errors > 0 ? [`${thousands(errors)} errors`] : []),
    ...(timeouts > 0 ? [`${thousands(timeouts)} given up`] : []),
  ];
  return [`${thousands(requestsPerSecond)} requests/s`, `${thousands(responses)} answers`, ...failed].join(
    ', ',
  );
}

export function crowdText({ requests, unanswered, rssBytes, fds }: CrowdSample): string {
  const left = `${thousands(unanswered)} of ${thousands(requests)} clients went without an answer`;
  return `${left}, ${thousands(rssBytes / 1e6)} MB, ${thousands(fds)} descriptors`;
}
