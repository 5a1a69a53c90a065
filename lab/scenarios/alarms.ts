import type { Scenario } from './scenario.js';

/** Alarms of machines: a channel is made on one path of the configuration, and sent to on both. */
export const alarms: Scenario = {
  name: 'alarms',
  title: 'an alarm desk that sends to a channel which is made only where a pager is configured',
  teaches:
    'A nil channel is no error: a send to it waits, silently and for ever. A channel that is made only sometimes needs everyone who uses it to know when; make it always, or check it where it is used.',
  class: 'communication',
  subtype: 'channel',
  package: 'alarms',
  server: { path: '/alarms' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/alarms',
        body: ['{"machine":"press-2","urgent":false}'],
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/alarms',
        body: ['{"machine":"kiln-1","urgent":true}'],
        until: { kind: 'answered' },
      },
      { kind: 'request', method: 'GET', path: '/alarms', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Desk).pass'],
    resources: ['nil channel'],
    victimsAtLeast: 10,
    rule: 'nil-channel',
  },
};
