import { readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { poll, withDeadline } from '../deadline.js';
import { interrupted, LabError, messageOf } from '../errors.js';
import { type CommandRecord, recordOf } from '../store/command-record.js';
import type { Endpoint } from '../targets/target.js';
import { notObserved, type Observation, seen } from './observation.js';
import { pageLimit, patienceFor, plainEnv, type WalkContext } from './walk-context.js';

const startMs = 20_000;
const answerMs = 60_000;
const headlessLog = 'dlv-headless.log';

export interface Fetched {
  readonly listening: Observation<string>;
  /** Text of Delve's answer. */
  readonly list: Observation<string>;
}

/** Starts a headless Delve on the core, asks it for all goroutines, and saves its raw answer. */
export async function fetchGoroutines(context: WalkContext): Promise<Fetched> {
  const { home, listFile, signal, diagnosis } = context;
  const saved = join(home, listFile);
  const exists = await stat(saved).then(
    () => true,
    () => false,
  );
  if (exists && diagnosis.process.goroutines.total > pageLimit) {
    return {
      listening: notObserved(`${listFile} had been saved by the analysis`),
      list: seen(await savedList(context, saved)),
    };
  }
  try {
    return await askHeadless(context);
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    const why = notObserved(messageOf(error));
    return { listening: why, list: why };
  }
}

async function askHeadless(context: WalkContext): Promise<Fetched> {
  const { target, dlv, exe, core, dir, signal, records } = context;
  const argv = [dlv, 'core', exe, core, '--headless', '--listen', '127.0.0.1:0', '--api-version=2'];
  const startedAt = Date.now();
  const began = performance.now();
  const logFile = join(dir, headlessLog);
  const removeLog = () => target.exec(['rm', '-f', '--', logFile], { signal });
  await removeLog(); // one of a walk that was killed
  let stdout = '';
  try {
    // Disposed when this block ends: a Delve that listens lets whoever reaches it run code.
    await using server = await target.start(argv, { logFile, cwd: dir, env: plainEnv, signal });
    const line = await poll(
      async () => {
        stdout = (await target.readFile(logFile, signal)) ?? '';
        const address = /API server listening at: (\S+)\n/.exec(stdout)?.[1];
        return address ?? (server.exit() === undefined ? undefined : '');
      },
      { signal, deadlineMs: startMs * patienceFor(target), everyMs: 10 },
    );
    records.push({
      ...{ id: 'dlv-headless', pipeline: [argv], cwd: dir, background: true },
      ...{ exitCode: null, signal: null, timedOut: line === undefined, stdout, stderr: '' },
      ...{ startedAt: new Date(startedAt).toISOString(), durationMs: Math.round(performance.now() - began) },
    });
    if (line === undefined || line === '') {
      const said = stdout.trim().split('\n').at(-1) ?? '';
      const why = notObserved(`dlv did not listen${said === '' ? '' : `: ${said}`}`);
      return { listening: why, list: why };
    }
    return { listening: seen(line), list: seen(await request(context, line)) };
  } finally {
    await removeLog().catch(() => {});
  }
}

/** The analysis may have saved it here; jq is asked where the walk is. */
async function savedList({ target, dir, listFile, signal }: WalkContext, saved: string): Promise<string> {
  if (target.kind !== 'local') await target.upload(saved, join(dir, listFile), signal);
  return await readFile(saved, { encoding: 'utf8', signal });
}

/** Sends the article's request and saves the answer. */
async function request(context: WalkContext, address: string): Promise<string> {
  const { target, dir, home, listFile, records, signal, diagnosis } = context;
  const timeoutMs = answerMs * patienceFor(target);
  const large = diagnosis.process.goroutines.total > pageLimit;
  const params = large ? [{ Start: 0, Count: pageLimit }] : [];
  const json = JSON.stringify({ method: 'RPCServer.ListGoroutines', params, id: 2 });
  const page = large ? `only the first ${pageLimit}: Delve needs minutes for a list of this size` : undefined;
  const port = address.slice(address.lastIndexOf(':') + 1);
  const startedAt = Date.now();
  const began = performance.now();
  const typed = [
    ['echo', '-n', json],
    ['nc', '-N', '127.0.0.1', port],
  ];
  const save = async (answer: string) => {
    await writeFile(join(home, listFile), answer, { mode: 0o600 });
    if (target.kind !== 'local') await target.upload(join(home, listFile), join(dir, listFile), signal);
  };
  if (await hasNetcat(context)) {
    const argv = ['nc', '-N', '127.0.0.1', port];
    const result = await target.exec(argv, { signal, cwd: dir, input: json, timeoutMs });
    records.push({
      ...recordOf(result, { id: 'list-goroutines', startedAt, cwd: dir, stdoutFile: listFile, note: page }),
      pipeline: typed,
    });
    if (result.exitCode === 0 && result.stdout !== '') {
      await save(result.stdout);
      return result.stdout;
    }
    throw new LabError(
      `nc brought no answer (exit ${result.exitCode ?? 'by signal'}) ${result.stderr}`.trim(),
      {
        code: 'internal',
      },
    );
  }
  const endpoint = await target.reach(Number(port), signal);
  const answer = await exchange(endpoint, json, withDeadline(signal, timeoutMs)).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new LabError(`Delve brought no answer: ${messageOf(error)}`, { code: 'internal', cause: error });
  });
  await save(answer);
  const note = ['no nc that knows -N is installed: the lab sent this request itself', page];
  const record: CommandRecord = {
    ...{ id: 'list-goroutines', pipeline: typed, cwd: dir, stdoutFile: listFile },
    note: note.filter((part) => part !== undefined).join('; '),
    ...{ exitCode: null, signal: null, timedOut: false, stdout: '', stderr: '' },
    ...{ startedAt: new Date(startedAt).toISOString(), durationMs: Math.round(performance.now() - began) },
  };
  records.push(record);
  return answer;
}

/** OpenBSD's nc closes its half of the connection with -N; without that it would wait for ever. */
async function hasNetcat({ target, signal }: WalkContext): Promise<boolean> {
  try {
    const help = await target.exec(['nc', '-h'], { signal, timeoutMs: 2_000 });
    return /^\s*-N\b/m.test(help.stdout + help.stderr);
  } catch (error) {
    if (error instanceof LabError && error.code === 'missing-tool') return false;
    throw error;
  }
}

/** One request, one answer: Delve ends the connection when it has read to the end of ours. */
export async function exchange(endpoint: Endpoint, text: string, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ ...endpoint, allowHalfOpen: true, signal });
    socket.on('connect', () => socket.end(text));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve());
    socket.on('error', reject);
  });
  return Buffer.concat(chunks).toString('utf8');
}
