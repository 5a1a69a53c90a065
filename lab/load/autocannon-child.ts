import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { epochMs } from '../clock.js';
import { commandSchema, type GeneratorCommand, type GeneratorReport } from './autocannon-wire.js';
import { sampleEveryMs } from './driver.js';

/*
 * One process of the generator: commands on stdin, reports on stdout, a JSON document per line. It ends
 * with its stdin, so that it never outlives the lab, however the lab ends.
 *
 * autocannon's own workers are not used: with them it emits neither `tick` nor `reqError`, and its
 * `stop()` may never call back. Several of these processes do the same work and tell what they see.
 */

let responses = 0;
let errors = 0;
let timeouts = 0;
let lastResponseAt: number | undefined;
let unanswered = 0;
let utilisation = performance.eventLoopUtilization();
let current: autocannon.Instance | undefined;

function report(gaveUp?: string): void {
  const now = performance.eventLoopUtilization();
  const { utilization: busy } = performance.eventLoopUtilization(now, utilisation);
  utilisation = now;
  const line: GeneratorReport = {
    responses,
    errors: Math.round(errors),
    timeouts: Math.round(timeouts),
    busy,
    ...(lastResponseAt === undefined ? {} : { lastResponseAt }),
    ...(gaveUp === undefined ? {} : { gaveUp }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`, () => {
    if (gaveUp !== undefined) process.exit(0);
  });
}

function push({
  url,
  connections,
  pipelining,
  requestTimeoutMs,
  maxFailures,
  maxDurationMs,
}: GeneratorCommand): void {
  current?.stop();
  unanswered = 0;
  const bound = pipelining * (connections + maxFailures);
  const options: autocannon.Options = {
    url,
    connections,
    pipelining,
    timeout: requestTimeoutMs / 1_000,
    duration: maxDurationMs / 1_000,
    // The period at which autocannon looks whether it shall stop.
    sampleInt: 25,
    setupClient: (client: NodeJS.EventEmitter) => {
      // A refused or cut connection is opened anew at once, without backoff and, when the server closes
      // it in an orderly way, without an error: the requests that leave tell of it in every case.
      client.on('request', () => {
        unanswered += 1;
        if (unanswered !== bound) return;
        current?.stop();
        report(`${connections + maxFailures} connections in a row got no answer`);
      });
    },
  };
  const instance = autocannon(options, () => {});
  instance.on('response', () => {
    responses += 1;
    unanswered = 0;
    lastResponseAt = epochMs();
  });
  // Emitted `pipelining` times per failed connection, and once more `pipelining` times as often when
  // every request of a connection is given up.
  instance.on('reqError', (error: Error) => {
    if (error.message === 'request timed out') {
      timeouts += 1 / pipelining;
      unanswered -= 1 / pipelining;
    } else {
      errors += 1 / pipelining;
    }
  });
  current = instance;
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => push(commandSchema.parse(JSON.parse(line))));
lines.on('close', () => process.exit(0));
report(); // ready
setInterval(() => report(), sampleEveryMs);
