import type { Diagnosis, Finding, Location } from '../../lab/analysis/model/diagnosis.js';

const nowhere: Location = { function: 'main.main', file: 'main.go', line: 1 };

/** A diagnosis with the parts that a test is about; the rest is plausible and empty. */
export function diagnosisLike(parts: Partial<Diagnosis>): Diagnosis {
  return {
    schema: 'lab.diagnosis/1',
    verdict: 'none',
    scope: null,
    summary: 'nothing found',
    process: {
      exe: 'server',
      core: 'core.1',
      buildId: '',
      goVersion: 'go1.26.8',
      os: 'linux',
      arch: 'amd64',
      goroutines: { total: 10, user: 5, system: 5, blocked: 10 },
    },
    findings: [],
    groups: [],
    userLocations: [],
    stats: { engine: 'delve', wallMs: 1, peakRssBytes: 1, crossChecked: 0, crossCheckMismatches: 0 },
    limits: [],
    ...parts,
  };
}

interface FindingParts extends Pick<Finding, 'class' | 'subtype' | 'certainty'> {
  readonly functions: readonly string[];
  readonly resources: readonly string[];
  readonly victims: number;
}

export function findingLike({ functions, resources, victims, ...kind }: FindingParts): Finding {
  return {
    id: 'F1',
    rule: 'a-rule',
    ...kind,
    explanation: 'because',
    suggestion: 'do not',
    rootCause: {
      goroutines: functions.map((name, index) => ({
        id: index + 1,
        waitReason: 'chan send',
        role: 'holder',
        currentLocation: { ...nowhere, function: 'runtime.gopark' },
        userLocation: { ...nowhere, function: name },
        startLocation: nowhere,
        goStatementLocation: nowhere,
        waitsFor: ['R1'],
        stack: [],
      })),
      resources: resources.map((name, index) => ({
        id: `R${index + 1}`,
        kind: 'channel',
        address: '0xc000082480',
        name,
      })),
      edges: [],
    },
    victims: { goroutines: victims, groups: [] },
    evidence: [],
  };
}
