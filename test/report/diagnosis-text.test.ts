import { expect } from 'chai';
import { createColors } from 'picocolors';
import type { Diagnosis } from '../../lab/analysis/diagnosis.js';
import { diagnosisText } from '../../lab/report/diagnosis-text.js';

const place = {
  function: 'main.(*Queue).Put',
  file: `/home/someone/${'deep/'.repeat(20)}queue.go`,
  line: 12,
};

const diagnosis: Diagnosis = {
  schema: 'lab.diagnosis/1',
  verdict: 'deadlock',
  scope: 'partial',
  summary: 'Goroutine 7, the only receiver of main.Queue.in (4/4), is itself blocked sending to it.',
  process: {
    exe: 'server',
    core: 'core',
    buildId: 'abc',
    goVersion: 'go1.26.8',
    os: 'linux',
    arch: 'amd64',
    goroutines: { total: 12, user: 5, system: 7, blocked: 11 },
  },
  findings: [
    {
      id: 'F1',
      rule: 'self-blocked-consumer',
      class: 'communication',
      subtype: 'channel',
      certainty: 'strong',
      explanation: 'Goroutine 7 waits for itself.',
      suggestion: 'Use a second channel.',
      rootCause: {
        goroutines: [
          {
            id: 7,
            waitReason: 'chan send',
            role: 'only receiver',
            currentLocation: place,
            userLocation: place,
            startLocation: place,
            goStatementLocation: place,
            waitsFor: ['R1'],
            stack: [
              { ...place, index: 0, inlined: true, variables: [{ name: 'v', value: 'x'.repeat(200) }] },
            ],
          },
        ],
        resources: [
          {
            id: 'R1',
            kind: 'channel',
            address: '0xc000082480',
            name: 'main.Queue.in',
            len: 4,
            cap: 4,
            waiters: { send: 3, recv: 0 },
          },
        ],
        edges: [],
      },
      victims: { goroutines: 2, groups: ['S2'] },
      evidence: [
        {
          id: 'E1',
          kind: 'memory',
          text: 'It is parked.',
          check: 'goroutine 7; print runtime.curg.waitreason',
        },
      ],
    },
  ],
  groups: [],
  userLocations: [{ function: place.function, line: 12, count: 3 }],
  stats: {
    engine: 'core-reader',
    wallMs: 900,
    peakRssBytes: 2 ** 27,
    crossChecked: 12,
    crossCheckMismatches: 0,
  },
  limits: ['One thing could not be read.'],
};

describe('a diagnosis as text', () => {
  const text = diagnosisText(diagnosis, createColors(false));
  const lines = text.split('\n');

  it('begins with the verdict and its reason', () => {
    expect(lines[0]).to.equal('DEADLOCK (partial)');
    expect(lines[1]).to.match(/^ {2}Goroutine 7, the only receiver/);
  });

  it('fits in 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).to.deep.equal([]);
  });

  it('gives each command of the proof a line of its own', () => {
    expect(lines).to.include('          (dlv) goroutine 7');
    expect(lines).to.include('          (dlv) print runtime.curg.waitreason');
  });

  it('shows the table, the victims and the limits', () => {
    expect(text).to.include('      3  main.(*Queue).Put:12');
    expect(text).to.include('Victims: 2 goroutines in S2.');
    expect(text).to.include('- One thing could not be read.');
  });

  it('breaks lines where it does without colours', () => {
    const coloured = diagnosisText(diagnosis, createColors(true));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins every colour
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, '')).to.equal(text);
  });

  it('says plainly when nothing was found, and when it is undecided', () => {
    const none: Diagnosis = {
      ...diagnosis,
      verdict: 'none',
      scope: null,
      findings: [],
      summary: 'All well.',
    };
    expect(diagnosisText(none, createColors(false))).to.match(/^NO DEADLOCK FOUND\n {2}All well\./);
    expect(diagnosisText({ ...none, verdict: 'unknown' }, createColors(false))).to.match(/^UNDECIDED\n/);
  });
});
