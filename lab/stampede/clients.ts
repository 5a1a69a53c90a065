import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { interrupted, LabError } from '../errors.js';
import {
  type ClientsCommand,
  type ClientsOptions,
  type ClientsReport,
  clientsReportSchema,
} from './clients-wire.js';

const program = fileURLToPath(new URL('./clients-child.js', import.meta.url));
const graceMs = 1_000;

/** Clients in a process of their own. Disposing them ends it: no connection of theirs is open afterwards. */
export interface Clients extends AsyncDisposable {
  readonly pid: number | undefined;
  /** The newest totals. */
  report(): ClientsReport;
  /**
   * Sends so many requests, each by a client that goes when its patience ends, with or without an answer. Resolves
   * when all are sent and all clients have gone. `undecided` when their process ends, or when none could be
   * sent for `stuckMs`.
   */
  send(requests: number, signal: AbortSignal): Promise<ClientsReport>;
}

/** Nothing sent for that long: the clients will not get on any more. */
const defaultStuckMs = 30_000;

/** Starts the process; it is quiet until it is told to send. `onReport` is called ten times a second. */
export function openClients(
  options: ClientsOptions & { readonly stuckMs?: number },
  onReport: (report: ClientsReport) => void = () => {},
): Clients {
  const { stuckMs = defaultStuckMs, ...told } = options;
  let newest: ClientsReport = { sent: 0, answered: 0, givenUp: 0, connections: 0, failed: 0, idle: true };
  let waiting: { look(): void; fail(error: LabError): void } | undefined;
  let ended: string | undefined;
  const child = execa(process.execPath, [program, JSON.stringify(told)], {
    stdin: 'pipe',
    buffer: { stdout: false },
    reject: false,
    forceKillAfterDelay: graceMs,
  });
  child.stdin.on('error', () => {}); // a process that died tells so by its end
  createInterface({ input: child.stdout }).on('line', (line) => {
    newest = clientsReportSchema.parse(JSON.parse(line));
    onReport(newest);
    waiting?.look();
  });
  const gone = child.then(({ signal, exitCode, stderr }) => {
    const how = signal === undefined ? `exit code ${exitCode}` : `signal ${signal}`;
    ended = [`the clients ended with ${how}`, ...stderr.trim().split('\n').slice(-1)].join(': ');
    waiting?.fail(failed(ended));
  });

  return {
    pid: child.pid,
    report: () => newest,
    async send(requests, signal) {
      if (requests === 0) return newest;
      if (signal.aborted) throw interrupted(signal.reason);
      if (ended !== undefined) throw failed(ended);
      const { sent } = newest;
      const command: ClientsCommand = { send: requests };
      child.stdin.write(`${JSON.stringify(command)}\n`);
      let progress = { sent, at: performance.now() };
      let onAbort = (): void => {};
      try {
        return await new Promise<ClientsReport>((resolve, reject) => {
          onAbort = () => reject(interrupted(signal.reason));
          signal.addEventListener('abort', onAbort, { once: true });
          const look = (): void => {
            const now = performance.now();
            if (newest.sent > progress.sent) progress = { sent: newest.sent, at: now };
            if (newest.idle && newest.sent - sent >= requests) resolve(newest);
            else if (now - progress.at > stuckMs) reject(failed(noProgress(newest, stuckMs)));
          };
          waiting = { look, fail: reject };
        });
      } finally {
        waiting = undefined;
        signal.removeEventListener('abort', onAbort);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function noProgress({ lastFailure }: ClientsReport, ms: number): string {
  return `for ${ms / 1_000} s no client got a request to the server${lastFailure === undefined ? '' : `: ${lastFailure}`}`;
}

function failed(message: string): LabError {
  return new LabError(message, {
    code: 'undecided',
    hint: 'run it again with a smaller --size',
  });
}
