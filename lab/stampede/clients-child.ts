import { createInterface } from 'node:readline';
import {
  type ClientsReport,
  clientsCommandSchema,
  clientsOptionsSchema,
  requestsPerConnection,
} from './clients-wire.js';
import { sourceAddress } from './sources.js';
import { type Visit, visitHttp1, visitHttp2 } from './visits.js';

/*
 * The process of the clients: options as its argument, numbers of requests on stdin, reports on stdout, a JSON
 * document per line. It ends with its stdin, so that it never outlives the lab, however the lab ends.
 */

const reportEveryMs = 100;
/** After a failed connection, so that a server in trouble is not asked in a tight loop. */
const backOffMs = 50;

const options = clientsOptionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const url = new URL(options.url);
const visit = options.protocol === 'http1' ? visitHttp1 : visitHttp2;
const most = requestsPerConnection[options.protocol];

let toSend = 0;
let here = 0;
const totals = { sent: 0, answered: 0, givenUp: 0, connections: 0, failed: 0 };
let lastFailure: string | undefined;

function come(): void {
  while (toSend > 0 && here < options.clients) {
    const requests = Math.min(most, toSend);
    toSend -= requests;
    here += requests;
    const source = sourceAddress(Math.floor(totals.connections / options.perSource));
    totals.connections += 1;
    void visit({ url, source, requests, patienceMs: options.patienceMs }).then((seen) =>
      went(seen, requests),
    );
  }
}

/** A client has gone; another one comes in its place. */
function went({ sent, answered, failure }: Visit, requests: number): void {
  totals.sent += sent;
  totals.answered += answered;
  totals.givenUp += sent - answered;
  toSend += requests - sent;
  if (failure !== undefined) {
    totals.failed += 1;
    lastFailure = failure;
  }
  setTimeout(
    () => {
      here -= requests;
      come();
    },
    failure === undefined ? 0 : backOffMs,
  );
}

function report(): void {
  const line: ClientsReport = {
    ...totals,
    ...(lastFailure === undefined ? {} : { lastFailure }),
    idle: toSend === 0 && here === 0,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  toSend += clientsCommandSchema.parse(JSON.parse(line)).send;
  come();
});
lines.on('close', () => process.exit(0));
setInterval(report, reportEveryMs);
