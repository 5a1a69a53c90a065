import { blockedPlaces, fingerprintOf } from '../analysis/findings/fingerprint.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { keptPlaces, type Told } from './item.js';

/** A diagnosis as it is sorted among others; one of an older lab gets its fingerprint now. */
export function toldOf(diagnosis: Diagnosis, taken: Date | undefined): Told {
  const { verdict, summary, findings, groups, process: seen } = diagnosis;
  const fingerprint = fingerprintOf(diagnosis);
  const [first] = findings;
  return {
    verdict,
    summary,
    rule: first?.rule ?? null,
    class: first?.class ?? null,
    certainty: first?.certainty ?? null,
    fingerprint: fingerprint?.id ?? null,
    of: [...(fingerprint?.of ?? [])],
    places: keptPlaces(blockedPlaces(groups)),
    goroutines: seen.goroutines.total,
    blocked: seen.goroutines.blocked,
    build: seen.buildId !== '' ? seen.buildId : seen.goVersion,
    time: taken?.toISOString() ?? null,
  };
}
