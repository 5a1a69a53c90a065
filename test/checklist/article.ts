import type { Diagnosis, Location } from '../../lab/analysis/model/diagnosis.js';

const at = (name: string, line: number, file = '/src/metrics.go'): Location => ({
  function: name,
  file,
  line,
});
const gopark = at('runtime.gopark', 303, '/go/src/runtime/proc.go');

export const consumer = 'main.(*Metrics).startInChannelConsumer';

/** The diagnosis of the article's core. */
export function articleDiagnosis({ id = 20, elemType = 'main.Metric', start = consumer } = {}): Diagnosis {
  const stack = [gopark, at('main.(*Metrics).SetM', 145), at(start, 184)];
  return {
    schema: 'lab.diagnosis/1',
    verdict: 'deadlock',
    scope: 'partial',
    summary: `Goroutine ${id}, the only receiver of main.Metrics.inChannel (100/100), is itself blocked sending to it; 1000 goroutines wait behind it.`,
    process: {
      ...{ exe: '/run/server', core: '/run/core.1628', buildId: 'abc', goVersion: 'go1.26.8' },
      ...{ os: 'linux', arch: 'amd64' },
      goroutines: { total: 1013, user: 1006, system: 7, blocked: 1011 },
    },
    findings: [
      {
        ...{ id: 'F1', rule: 'self-blocked-consumer', class: 'communication', subtype: 'channel' },
        certainty: 'strong',
        explanation: 'The only receiver of the channel sends to it while it is full.',
        suggestion: 'Do not send to a channel from the goroutine that alone drains it.',
        rootCause: {
          goroutines: [
            {
              ...{ id, waitReason: 'chan send', role: 'only receiver of R1', waitsFor: ['R1'] },
              currentLocation: gopark,
              userLocation: at('main.(*Metrics).SetM', 145),
              startLocation: at(start, 167),
              goStatementLocation: at('main.NewMetrics', 95),
              stack: stack.map((one, index) => ({
                ...{ ...one, index, inlined: index === 1 },
                variables: index === 1 ? [{ name: 'm', value: '(*main.Metrics)(0xc000134000)' }] : [],
              })),
            },
          ],
          resources: [
            {
              ...{ id: 'R1', kind: 'channel', address: '0xc000082480', name: 'main.Metrics.inChannel' },
              ...{ elemType, len: 100, cap: 100, closed: false, waiters: { send: 1001, recv: 0 } },
            },
          ],
          edges: [
            { from: `G${id}`, to: 'R1', relation: 'waits-for', inferred: false, evidence: ['E1'] },
            { from: 'R1', to: `G${id}`, relation: 'released-by', inferred: true, evidence: ['E2'] },
          ],
        },
        victims: { goroutines: 1000, groups: ['S1'] },
        evidence: [
          {
            id: 'E1',
            kind: 'memory',
            text: 'It is parked in a send.',
            check: `goroutine ${id}; frame 1 print c`,
          },
          {
            id: 'E2',
            kind: 'source',
            text: 'It alone ranges over it.',
            check: `goroutine ${id}; source /etc/x`,
          },
        ],
      },
    ],
    groups: [
      {
        ...{ id: 'S1', count: 1000, waitReason: 'chan send', exampleIds: [4611, 4612] },
        userLocation: at('main.(*Metrics).CountS', 113),
        startLocation: at('net/http.(*conn).serve', 1_800, '/go/src/net/http/server.go'),
        goStatementLocation: at('net/http.(*Server).Serve', 2_800, '/go/src/net/http/server.go'),
        stack: [
          { ...gopark, inlined: false },
          { ...at('main.(*Metrics).CountS', 113), inlined: true },
        ],
      },
    ],
    userLocations: [
      { function: 'main.(*Metrics).CountS', line: 113, count: 1_000 },
      { function: 'main.(*Metrics).SetM', line: 145, count: 1 },
      { function: 'main.(*Metrics).startOutChannelConsumer', line: 239, count: 1 },
      { function: 'main.run', line: 56, count: 1 },
      { function: 'internal/poll.runtime_pollWait', line: 173, count: 1 },
      { function: 'os/signal.signal_recv', line: 139, count: 1 },
      { function: 'runtime.gopark', line: 303, count: 6 },
    ],
    stats: {
      ...{ engine: 'delve', wallMs: 900, peakRssBytes: 1e8, crossChecked: 200, crossCheckMismatches: 0 },
    },
    limits: [],
  };
}
