import { pause, withDeadline } from '../../deadline.js';
import { interrupted, LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { again } from '../again.js';
import type { ExecOptions, ExecResult, ProcessIdentity } from '../target.js';
import { connectionLost } from './failures.js';
import type { Link } from './link.js';
import { exports } from './quote.js';
import { endScript, execScript } from './scripts.js';
import { collect, complaintOf, openSession, runScript, type Session } from './session.js';

/** After KILL, for the last bytes of the output. */
const lastMs = 2_000;

/** {@link Target.exec} over SSH. A command that was not begun when the connection was lost is begun again. */
export async function execOver(
  link: Link,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  if (options.signal.aborted) throw interrupted(options.signal.reason);
  if (argv[0] === undefined) throw new LabError('an empty command', { code: 'internal' });
  const input = options.input === undefined ? undefined : Buffer.from(options.input);
  const isSudo = /(^|\/)sudo$/.test(argv[0]);
  // Its question has to be understood, and that it asks in English.
  const env = isSudo ? { LC_ALL: 'C', ...options.env } : (options.env ?? {});
  const { graceMs } = link.how.deadlines;
  const args = [
    options.cwd ?? '-',
    input === undefined ? '-' : String(input.length),
    tenths(graceMs),
    ...argv,
  ];
  const session = await begun(link, execScript(exports(env)), args, options.signal);
  const identity = identityIn(session);
  const started = performance.now();
  const stdout = collect(session.stdout);
  session.channel.write('go\n');
  if (input !== undefined && input.length > 0) session.channel.write(input);
  const { timedOut } = await endOf(link, session, identity, options);
  const end = await session.closed;
  const durationMs = performance.now() - started;
  const { why, text } = complaintOf(session.stderr(), session.mark);
  if (options.signal.aborted && (end.lost || end.signal !== null || end.exitCode !== 0)) {
    throw interrupted(options.signal.reason);
  }
  if (end.lost && !timedOut) {
    link.orphans.push(identity);
    throw connectionLost(link.how.host, `while ${argv[0]} ran`);
  }
  if (why !== undefined && end.exitCode !== null && end.exitCode > 0)
    throw notRun(link, argv, options.cwd, why, text);
  if (isSudo && end.exitCode === 1 && /password is required|terminal is required|no tty present/.test(text)) {
    throw new LabError(`sudo on ${link.how.host.name} asks for a password: ${argv.join(' ')}`, {
      code: 'missing-permission',
      hint: `run this there once yourself: ${argv.map(quoteWord).join(' ')}`,
    });
  }
  return {
    argv,
    exitCode: end.exitCode,
    signal: end.signal,
    timedOut,
    stdout: (await stdout).toString('utf8'),
    stderr: text,
    durationMs,
  };
}

/** Ends commands that a cut connection left running, with their groups. */
export async function endOrphans(link: Link, signal: AbortSignal): Promise<void> {
  const left = link.orphans.splice(0);
  if (left.length === 0) return;
  const names = left.flatMap(({ pid, startTicks }) => [String(pid), String(startTicks)]);
  try {
    await runScript(link, endScript, [tenths(link.how.deadlines.graceMs), ...names], signal);
  } catch (error) {
    link.orphans.push(...left);
    throw error;
  }
}

async function begun(
  link: Link,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Session> {
  try {
    return await again(() => openSession(link, script, args, signal));
  } catch (error) {
    throw explained(link, error, args);
  }
}

/** Waits until the command has ended, and ends it when its time is over or the caller gives up. */
async function endOf(
  link: Link,
  session: Session,
  identity: ProcessIdentity,
  { signal, timeoutMs }: ExecOptions,
): Promise<{ readonly timedOut: boolean }> {
  const over = new AbortController();
  let timedOut = false;
  const stop = (): void => over.abort();
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop();
        }, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const stopped = new Promise<'stopped'>((resolve) => {
    over.signal.addEventListener('abort', () => resolve('stopped'), { once: true });
    if (over.signal.aborted) resolve('stopped');
  });
  try {
    if ((await Promise.race([session.closed, stopped])) === 'stopped') await end(link, session, identity);
    return { timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function end(link: Link, session: Session, identity: ProcessIdentity): Promise<void> {
  // The end of its input is what the one who watches there waits for.
  session.channel.end();
  if (await closesWithin(session, link.how.deadlines.graceMs + lastMs)) return;
  link.orphans.push(identity);
  const { answerMs, graceMs } = link.how.deadlines;
  await endOrphans(link, withDeadline(new AbortController().signal, answerMs + graceMs)).catch(
    () => undefined,
  );
  session.channel.close();
  if (!(await closesWithin(session, lastMs))) session.channel.destroy();
}

async function closesWithin(session: Session, ms: number): Promise<boolean> {
  const enough = new AbortController();
  const late = pause(ms, enough.signal).then(
    () => false,
    () => false,
  );
  const closed = await Promise.race([session.closed.then(() => true), late]);
  enough.abort();
  return closed;
}

function identityIn({ said }: Session): ProcessIdentity {
  const [pid, startTicks] = said.map(Number);
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(startTicks)) {
    throw new LabError(`the target's shell said ${said.join(' ')} of itself`, { code: 'internal' });
  }
  return { pid: pid ?? 0, startTicks: startTicks ?? 0 };
}

function tenths(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 100)));
}

function explained(link: Link, error: unknown, args: readonly string[]): unknown {
  const isFolder = error instanceof LabError && error.details['reason'] === 'folder';
  return isFolder ? noFolder(link, args[0] ?? '', error) : error;
}

function noFolder(link: Link, folder: string, cause?: unknown): LabError {
  return new LabError(`${link.how.host.name} has no folder ${folder}`, {
    code: 'target',
    hint: `make it there: mkdir -p ${quoteWord(folder)}`,
    cause,
  });
}

function notRun(
  link: Link,
  argv: readonly string[],
  cwd: string | undefined,
  why: string,
  text: string,
): LabError {
  const { name } = link.how.host;
  if (why === 'folder') return noFolder(link, cwd ?? '');
  if (why === 'input') {
    const full = /No space left/.test(text);
    return new LabError(`${name} cannot take the input of ${argv[0]}: ${text.trim()}`, {
      code: full ? 'no-space' : 'target',
      hint: full ? 'free some space in /tmp there' : 'look whether /tmp can be written there',
    });
  }
  return new LabError(`cannot run ${argv[0]} on ${name}: ${why === '126' ? 'not executable' : 'not found'}`, {
    code: 'missing-tool',
    hint: `install it on ${name}; over SSH its folder has to be on the PATH of shells that nobody logs in to`,
    details: { said: text.trim() },
  });
}
