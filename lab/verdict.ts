import type { Diagnosis } from './analysis/model/diagnosis.js';
import type { ChecklistRow } from './checklist/row.js';
import { complaints, expectations } from './expectation.js';
import type { HangOutcome } from './hang/outcome.js';
import type { Scenario } from './scenarios/scenario.js';
import type { Conclusion } from './store/run-record.js';
import { unreachable } from './unreachable.js';

/** How a diagnosis differs from what a scenario expects, one sentence each; empty when it is the expected one. */
export function differences(
  diagnosis: Diagnosis,
  scenario: Pick<Scenario, 'class' | 'subtype' | 'expect'>,
): string[] {
  return complaints(expectations(diagnosis, scenario));
}

/** `confirmed` exits 0, `refuted` 1, `unknown` 2; `outcome` says the same in the words that people read. */
export function conclusion(
  verdict: Conclusion['verdict'],
  summary: string,
  reasons: readonly string[] = [],
): Conclusion {
  return {
    verdict,
    outcome: outcomeOf[verdict],
    exitCode: { confirmed: 0, refuted: 1, unknown: 2 }[verdict],
    summary,
    reasons: [...reasons],
  };
}

const outcomeOf = { confirmed: 'as-expected', refuted: 'different', unknown: 'inconclusive' } as const;

/** What a diagnosis of a captured process means for the expectation of the run. */
export function concludeDiagnosis(diagnosis: Diagnosis, scenario: Scenario, fixed: boolean): Conclusion {
  if (diagnosis.verdict === 'unknown' && (fixed || scenario.expect.verdict !== 'unknown')) {
    return conclusion('unknown', 'the analysis is undecided', [diagnosis.summary, ...diagnosis.limits]);
  }
  if (fixed) {
    return diagnosis.verdict === 'none'
      ? conclusion('confirmed', 'the repaired server survived, and its core shows no deadlock')
      : conclusion('refuted', 'the repaired server was diagnosed with a deadlock', [diagnosis.summary]);
  }
  const missed = expectations(diagnosis, scenario).filter(({ met }) => !met);
  const reasons = complaints(missed);
  if (missed.length === 0) return conclusion('confirmed', diagnosis.summary);
  // What hung, where and on what is as expected: a slower machine or a weaker load came to fewer.
  return missed.every(({ what }) => what === 'victims')
    ? conclusion(
        'unknown',
        'the finding is the expected one, but too few goroutines are blocked behind it',
        reasons,
      )
    : conclusion('refuted', 'the diagnosis is not the expected one', reasons);
}

/**
 * What the load alone says. A server that was killed from outside proves nothing either way; one that ended
 * by itself is no hang.
 */
export function concludeHang(hang: HangOutcome, fixed: boolean): Conclusion {
  switch (hang.kind) {
    case 'hung':
      return fixed
        ? conclusion('refuted', 'the repaired server hung', [hang.why])
        : conclusion('confirmed', 'the server hung');
    case 'leaked':
      return fixed
        ? conclusion('refuted', 'the repaired server leaves goroutines behind', [hang.why])
        : conclusion('confirmed', 'the server leaves goroutines behind');
    case 'stalled':
      return fixed
        ? conclusion('refuted', 'the repaired program stands still', [hang.why])
        : conclusion('confirmed', 'the program stands still');
    case 'no-hang':
      if (hang.reason === 'unfinished') {
        return conclusion('unknown', 'what was to trigger the fault could not be done', [hang.why]);
      }
      return fixed
        ? conclusion('confirmed', 'the repaired server survived')
        : conclusion('refuted', 'the fault did not show', [hang.why]);
    case 'crashed':
      return hang.exit.kind === 'exited'
        ? conclusion('refuted', 'the server ended by itself instead of hanging', [hang.why])
        : conclusion('unknown', 'the server was killed during the load', [hang.why]);
    case 'paused':
      return conclusion('unknown', 'the server was stopped from outside during the load', [hang.why]);
    case 'refused':
      return conclusion('unknown', 'the server stopped accepting connections', [hang.why]);
    default:
      return unreachable(hang);
  }
}

/** Claims of the article about how much there was: they fail with too little load, whatever the cause was. */
const claimsOfSize: ReadonlySet<string> = new Set(['load-hangs', 'table-counts', 'victims']);

/**
 * A claim of the article that fails refutes a run that was confirmed, unless it is about how much there was: then the
 * run is inconclusive. Nothing else changes.
 */
export function concludeChecklist(before: Conclusion, rows: readonly ChecklistRow[]): Conclusion {
  const failed = rows.filter(({ outcome }) => outcome === 'fails');
  if (before.verdict !== 'confirmed' || failed.length === 0) return before;
  const reasons = failed.map(({ id, seen }) => `${id}: ${seen}`);
  return conclusion(
    failed.every(({ id }) => claimsOfSize.has(id)) ? 'unknown' : 'refuted',
    `the checklist does not hold (${failed.length} of ${rows.length} rows)`,
    reasons,
  );
}

/** The exit code of several runs: one refutation refutes, one unknown leaves the question open. */
export function worstOf(conclusions: readonly Conclusion[]): number {
  const verdicts = new Set(conclusions.map(({ verdict }) => verdict));
  if (verdicts.has('refuted')) return 1;
  return verdicts.has('unknown') ? 2 : 0;
}
