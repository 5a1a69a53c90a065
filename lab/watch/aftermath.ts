import { messageOf } from '../errors.js';
import type { Episode } from './folder.js';
import { runProgram } from './run-program.js';
import type { ServiceProcess } from './service.js';

/** What is done with a service that hangs, once its core is taken. */
export type Then =
  | { readonly kind: 'leave' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'command'; readonly command: string };

const commandTimeoutMs = 60_000;
const webhookTimeoutMs = 10_000;

/** Does it, and says in a few words what came of it; a command that fails ends nothing. Throws `interrupted`. */
export async function doThen(
  then: Then,
  service: ServiceProcess,
  caught: { readonly dir: string; readonly episode: Episode },
  signal: AbortSignal,
): Promise<string> {
  switch (then.kind) {
    case 'leave':
      return 'left as it is';
    case 'restart': {
      if (service.restart === undefined) return 'nothing here knows how to restart it';
      return await run('restarted', service.restart, {}, signal);
    }
    case 'command':
      return await run(`ran ${then.command}`, ['sh', '-c', then.command], variablesOf(caught), signal);
  }
}

/** One line about a hang, to a command's stdin or as JSON to an address; what went wrong, `undefined` when nothing did. */
export async function notify(
  where: string,
  caught: { readonly dir: string; readonly episode: Episode },
  signal: AbortSignal,
): Promise<string | undefined> {
  const line = lineOf(caught);
  try {
    if (!/^https?:\/\//.test(where)) {
      const told = await run('', ['sh', '-c', where], variablesOf(caught), signal, `${line}\n`);
      return told === '' ? undefined : told;
    }
    const response = await fetch(where, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: line, folder: caught.dir, ...caught.episode }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(webhookTimeoutMs)]),
    });
    return response.ok ? undefined : `${where} answered ${response.status}`;
  } catch (error) {
    signal.throwIfAborted();
    return `${where}: ${messageOf(error)}`;
  }
}

/** For example `shop hangs: deadlock, goroutine 22 waits for itself [cause-...], /var/lib/...`. */
export function lineOf({ dir, episode }: { readonly dir: string; readonly episode: Episode }): string {
  const { service, verdict, summary, fingerprint, failed, why } = episode;
  const what = failed ?? (summary === undefined ? why : `${verdict}, ${summary}`);
  const print = fingerprint === undefined ? '' : ` [${fingerprint}]`;
  return `${service} hangs: ${what}${print} ${dir}`.replaceAll(/\s+/g, ' ');
}

function variablesOf({ dir, episode }: { readonly dir: string; readonly episode: Episode }) {
  return {
    LAB_FOLDER: dir,
    LAB_SERVICE: episode.service,
    LAB_PID: String(episode.pid),
    LAB_VERDICT: episode.verdict ?? '',
    LAB_FINGERPRINT: episode.fingerprint ?? '',
  };
}

async function run(
  words: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  input = '',
): Promise<string> {
  const { exitCode, killedBy, missing, timedOut, stdout, stderr } = await runProgram(
    argv,
    { env, input, timeLimitMs: commandTimeoutMs },
    signal,
  );
  if (exitCode === 0) return words;
  const ended = killedBy === undefined ? `exit code ${exitCode}` : `killed by ${killedBy}`;
  const how = timedOut
    ? `not done within ${commandTimeoutMs / 1_000} s`
    : missing
      ? 'there is no such program'
      : ended;
  const said = `${stdout}${stderr}`.trim().slice(-200);
  return `${argv.join(' ')}: ${how}${said === '' ? '' : ` (${said})`}`;
}
