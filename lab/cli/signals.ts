import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { interrupted } from '../errors.js';
import { endIfStuck } from './watchdog.js';

/** npm hands on a Ctrl-C that the terminal has sent to all: nobody means a second one so soon. */
const sameMs = 300;
const watchEveryMs = 500;

/**
 * A signal that aborts at the first SIGINT, SIGTERM or SIGHUP, so that everything is put away in order, and when the
 * npm in front is gone. The second one ends the process at once, and so does an event loop that stands still.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  // Whatever is under way at a moment listens to it, dozens of commands and questions at once.
  setMaxListeners(0, controller.signal);
  let since = 0;
  const abort = (why: string, text: string): void => {
    since = performance.now();
    process.stderr.write(`\n${text}: putting everything away (again to leave at once)\n`);
    endIfStuck();
    controller.abort(interrupted(why));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) abort(name, 'interrupted');
      else if (performance.now() - since > sameMs) process.exit(130);
    });
  }
  whenNpmIsGone(() => {
    if (!controller.signal.aborted) abort('npm has gone', 'npx, or npm, was killed');
  });
  return controller.signal;
}

/** A killed npm hands on nothing. Under a shell alone the lab may go on after it, as with `nohup`. */
function whenNpmIsGone(gone: () => void): void {
  if (process.env['npm_execpath'] === undefined) return;
  const inFront = [process.ppid];
  // npm runs it by way of a shell, which becomes the lab if it is one that can.
  const shell = processStatus(process.ppid);
  if (shell !== undefined && /^(?:ba|da|a)?sh$/.test(shell.name)) inFront.push(shell.parent);
  const timer = setInterval(() => {
    const [parent = 0, npm] = inFront;
    if (process.ppid === parent && (npm === undefined || processStatus(parent)?.parent === npm)) return;
    clearInterval(timer);
    gone();
  }, watchEveryMs);
  timer.unref();
}

/** From proc(5); `undefined` where there is none. */
function processStatus(pid: number): { readonly name: string; readonly parent: number } | undefined {
  try {
    const [, name = '', parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
