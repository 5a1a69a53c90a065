import type { Scenario } from './scenario.js';

/** Attempts that are counted when they begin, and only sometimes when they end. */
export const mailing: Scenario = {
  name: 'mailing',
  title: 'a mailing that counts every attempt in and only the last one out',
  teaches:
    'Add and Done belong to the same thing. Where Add goes with an attempt and Done with a success, the first failure leaves a count that nobody takes off.',
  class: 'mixed',
  subtype: 'waitgroup-misuse',
  package: 'mailing',
  server: { path: '/health' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/mailings',
        body: ['["ann@easy.example","bob@easy.example","nowhere"]'],
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/mailings',
        body: ['["ann@easy.example","bob@strict.example","cleo@strict.example"]'],
        until: { kind: 'sent' },
      },
    ],
    rounds: 10,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.(*Mailing).Send', atLeast: 1, forMs: 500 },
  expect: {
    functions: ['main.(*Mailing).Send'],
    resources: ['main.Mailing.underway'],
    victimsAtLeast: 0,
    rule: 'waitgroup-misuse',
  },
};
