import { blog } from './blog.js';
import type { Scenario } from './scenario.js';

/** What became of the article's server in production: its clients come again, and again. */
export const stampede: Scenario = {
  name: 'stampede',
  title: 'clients that give up and come again, until a hung server is full of their handlers',
  teaches:
    'A client that gives up ends nothing on the server. Each try leaves a goroutine behind, its memory and over HTTP/1.1 a descriptor, and no list of goroutines can be read any more: a core can.',
  class: blog.class,
  subtype: blog.subtype,
  package: blog.package,
  server: { path: '/' },
  drive: {
    kind: 'stampede',
    load: {
      steps: [
        { connections: 1000, pipelining: 10, workers: 2 },
        { connections: 1000, pipelining: 30, workers: 2 },
        { connections: 2000, pipelining: 30, workers: 2 },
      ],
      patienceMs: 3500,
      durationMs: 10_000,
    },
    size: 2_000,
    protocol: 'http1',
    clients: { http1: 1_000, http2: 5_000 },
    patienceMs: 300,
  },
  symptom: { kind: 'unanswered' },
  expect: { ...blog.expect, victimsAtLeast: 1_960 },
};
