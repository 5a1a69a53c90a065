import type { ChecklistRow } from '../../lab/checklist/row.js';
import type { RunReport } from '../../lab/report/run-report.js';
import { articleDiagnosis } from '../checklist/article.js';

/** Text that would be markup wherever it is let through. */
export const evil = `<script>alert("x")</script>&'|\`\n# `;

/** A row of the checklist, of each outcome one. */
export const row = (outcome: ChecklistRow['outcome']): ChecklistRow => ({
  ...{
    id: outcome,
    claim: `A claim that ${outcome}. ${'It goes on and on. '.repeat(8)}`,
    seen: evil,
    outcome,
  },
  ...(outcome === 'holds' ? {} : { why: `a reason, ${evil}` }),
  evidence: { file: 'transcript.md', at: '#curl' },
});

const step = { connections: 1_000, pipelining: 1, workers: 1 };

/** A run all of whose texts are evil. */
export const evilRun: RunReport = {
  record: {
    ...{ schema: 'lab.run/1', id: `2018-12-02-${evil}`, createdAt: '2018-12-02T10:00:00Z', gitCommit: null },
    config: {
      ...{ scenario: 'blog', fixed: false, target: 'local', load: 'wrk', capture: 'gcore', build: 'default' },
      probeTimeout: 1.5,
    },
    versions: { go: evil },
    machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 8e9 },
    stages: {
      load: { state: 'done', startedAt: '2018-12-02T10:00:00Z', ms: 4_000 },
      capture: {
        state: 'failed',
        startedAt: '2018-12-02T10:00:05Z',
        error: { code: 'internal', message: evil },
      },
    },
    conclusion: { verdict: 'confirmed', exitCode: 0, summary: articleDiagnosis().summary, reasons: [evil] },
  },
  diagnosis: { ...articleDiagnosis(), limits: [evil] },
  scenario: { title: evil, teaches: evil },
  expectations: [
    { what: 'class', expected: evil, found: evil, met: true },
    { what: 'object', expected: evil, found: evil, met: false },
  ],
  checklist: [row('holds'), row('differs'), row('fails'), row('not-observed')],
  samples: [0, 1, 2, 3].map((second) => ({
    ...{
      at: second * 1_000,
      responses: second === 0 ? 0 : 31_000,
      requestsPerSecond: second < 2 ? 31_000 : 0,
      errors: 0,
      timeouts: 0,
    },
    step,
  })),
  probes: [
    { kind: 'answered', at: 0, ms: 12, status: 200 },
    { kind: 'timed-out', at: 3_000, ms: 1_500, connected: true },
  ],
  files: [
    { name: 'core.1628', bytes: 1.2e9 },
    { name: evil, bytes: 1 },
  ],
};
