import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';

/** What a diagnosis says, without what differs from run to run: numbers, addresses, versions and paths. */
export function shapeOf({ verdict, scope, findings }: Diagnosis) {
  return {
    verdict,
    scope,
    findings: findings.map((finding) => ({
      class: finding.class,
      subtype: finding.subtype,
      rule: finding.rule,
      certainty: finding.certainty,
      resources: finding.rootCause.resources.map(({ kind, name }) => `${kind} ${name ?? ''}`),
      roots: finding.rootCause.goroutines.length,
      kinds: [...new Set(finding.evidence.map(({ kind }) => kind))],
    })),
  };
}
