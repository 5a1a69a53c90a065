import { setTimeout as delay } from 'node:timers/promises';
import { poll, withDeadline } from '../../deadline.js';
import { interrupted, LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { again } from '../again.js';
import { processHandle } from '../process-handle.js';
import { parseProcStat } from '../process-identity.js';
import type { ProcessExit, ProcessIdentity, StartOptions, TargetProcess } from '../target.js';
import { connectionLost, noAnswer } from './failures.js';
import { readFileOver } from './files.js';
import type { Link } from './link.js';
import { exports } from './quote.js';
import { becomeScript, keepScript, killScript, startScript, streamScript } from './scripts.js';
import { openSession, runScript } from './session.js';
import { until } from './waits.js';

/** Where processes and their ends are written down on the target. */
export interface Processes {
  readonly link: Link;
  readonly exitsFolder: string;
  /** Aborts when the target is closed. */
  readonly closed: AbortSignal;
  /** Files of the target that said how processes ended, once they were read: nobody needs them any more. */
  readonly read: Set<string>;
}

const removeScript = streamScript('rm -f -- "$@"\n');

/** Takes the ends of processes away that were read here. */
export async function forgetExits({ link, read }: Processes, signal: AbortSignal): Promise<void> {
  if (read.size > 0) await runScript(link, removeScript, [...read], signal);
}

/** Its keeper writes down how a process ended as soon as it has ended. */
const exitWithinMs = 2_000;

/** {@link Target.start} over SSH: the process and its keeper have sessions of their own and outlive the connection. */
export async function startOver(
  processes: Processes,
  argv: readonly string[],
  options: StartOptions,
): Promise<TargetProcess> {
  if (options.signal.aborted) throw interrupted(options.signal.reason);
  if (argv[0] === undefined) throw new LabError('an empty command', { code: 'internal' });
  const { link, exitsFolder } = processes;
  const become = becomeScript(exports(options.env ?? {}));
  const args = [options.cwd ?? '-', exitsFolder, options.logFile, keepScript, become, ...argv];
  try {
    return handleOf(processes, await again(() => startOnce(processes, args, options.signal)));
  } catch (error) {
    throw explained(link, argv[0], options, error);
  }
}

async function startOnce(
  { link, exitsFolder }: Processes,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ProcessIdentity> {
  const session = await openSession(link, startScript, args, signal);
  const identity = new Promise<string | undefined>((resolve) => {
    let text = '';
    session.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const line = new RegExp(`^${session.mark} (\\d+ \\d+)\\n`, 'm').exec(text);
      if (line !== null) resolve(line[1]);
    });
    session.stdout.once('close', () => resolve(undefined));
    void session.closed.then(({ lost }) => (lost ? resolve(undefined) : undefined));
  });
  session.channel.write('go\n');
  const { answerMs } = link.how.deadlines;
  try {
    const said = await Promise.race([until(identity, signal), delay(answerMs, undefined, { ref: false })]);
    // It was begun, so it may run whatever became of the answer; a second one must not be started beside it.
    return identityOf(said ?? (await noted(link, `${exitsFolder}/${session.mark}`, signal)));
  } finally {
    session.channel.close();
  }
}

/** What the process wrote down of itself before it became the program. */
async function noted(link: Link, path: string, signal: AbortSignal): Promise<string> {
  const text = await poll(async () => readFileOver(link, path, signal), {
    signal,
    deadlineMs: exitWithinMs,
    everyMs: link.how.deadlines.pollMs,
  });
  if (text !== undefined) return text;
  throw new LabError(`nothing is known of the process that was started on ${link.how.host.name}`, {
    code: 'target',
    hint: 'look there whether it runs, then start again',
  });
}

function identityOf(text: string): ProcessIdentity {
  const [pid, startTicks] = text.trim().split(' ').map(Number);
  return { pid: pid ?? 0, startTicks: startTicks ?? 0 };
}

/** {@link Target.attach} over SSH. */
export async function attachOver(
  processes: Processes,
  identity: ProcessIdentity,
  signal: AbortSignal,
): Promise<TargetProcess | undefined> {
  if (!(await isAlive(processes.link, identity, signal))) return undefined;
  return handleOf(processes, identity);
}

async function isAlive(
  link: Link,
  { pid, startTicks }: ProcessIdentity,
  signal: AbortSignal,
): Promise<boolean> {
  const stat = parseProcStat((await readFileOver(link, `/proc/${pid}/stat`, signal)) ?? '');
  return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

function handleOf(processes: Processes, identity: ProcessIdentity): TargetProcess {
  const { link, closed } = processes;
  const { graceMs, answerMs, reconnectMs } = link.how.deadlines;
  const send = async (name: NodeJS.Signals): Promise<void> => {
    const args = [String(identity.pid), String(identity.startTicks), name.replace(/^SIG/, '')];
    const ms = answerMs + reconnectMs;
    const late = withDeadline(new AbortController().signal, ms);
    const sent = async () => {
      const end = await runScript(link, killScript, args, late);
      if (end.lost) throw connectionLost(link.how.host, `while ${name} was sent`);
      return end;
    };
    // A signal that was sent twice does no harm.
    const end = await again(sent, late).catch((error: unknown) => {
      throw late.aborted ? noAnswer(link.how.host, `sending ${name} to process ${identity.pid}`, ms) : error;
    });
    if (end.exitCode === 0) return;
    throw new LabError(
      `process ${identity.pid} on ${link.how.host.name} takes no ${name}: ${end.stderr.trim()}`,
      {
        code: 'missing-permission',
        hint: 'connect as the user of that process',
      },
    );
  };
  return processHandle({ identity, exited: exitOf(processes, identity, closed), send, graceMs });
}

async function exitOf(
  { link, exitsFolder, read }: Processes,
  identity: ProcessIdentity,
  closed: AbortSignal,
): Promise<ProcessExit> {
  const { pollMs } = link.how.deadlines;
  const wait = (): Promise<unknown> =>
    delay(pollMs, undefined, { ref: false, signal: closed }).catch(() => undefined);
  while (!closed.aborted) {
    // A host that cannot be reached says nothing of the process.
    const alive = await isAlive(link, identity, closed).catch(() => true);
    if (!alive) break;
    await wait();
  }
  const path = `${exitsFolder}/${identity.pid}-${identity.startTicks}`;
  const end = performance.now() + exitWithinMs;
  while (!closed.aborted && performance.now() < end) {
    const text = await readFileOver(link, path, closed).catch(() => undefined);
    if (text !== undefined) {
      read.add(path);
      return parseExit(text);
    }
    await wait();
  }
  return { kind: 'gone' };
}

/** `CODE SIGNAL` of a shell: more than 128 is a signal's, which a shell does not tell from an exit code that big. */
function parseExit(text: string): ProcessExit {
  const [code = '', signal = '-'] = text.trim().split(' ');
  if (signal === '-' || signal === '') return { kind: 'exited', exitCode: Number(code) };
  return { kind: 'killed', signal: `SIG${signal}` };
}

function explained(link: Link, program: string, { cwd, logFile }: StartOptions, error: unknown): unknown {
  if (!(error instanceof LabError)) return error;
  const { name } = link.how.host;
  const { message } = error;
  switch (error.details['reason']) {
    case 'program':
      return new LabError(`cannot start ${program} on ${name}: not found, or not executable`, {
        code: 'target',
        hint: 'build it first: `npx lab build`',
        cause: error,
      });
    case 'setsid':
      return new LabError(`${name} has no setsid, by which a process outlives its connection`, {
        code: 'missing-tool',
        hint: 'install util-linux there',
        cause: error,
      });
    case 'folder':
      return new LabError(`${name} has no folder ${cwd}`, {
        code: 'target',
        hint: `make it there: mkdir -p ${quoteWord(cwd ?? '.')}`,
      });
    case 'log':
      return new LabError(`${logFile} on ${name} cannot be written: ${message}`, {
        code: /No space left/.test(message) ? 'no-space' : 'target',
        hint: 'look at its folder there: it has to exist, and its disk must not be full',
        cause: error,
      });
    default:
      return error;
  }
}
