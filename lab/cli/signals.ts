import { interrupted } from '../errors.js';

/**
 * A signal that aborts at the first SIGINT, SIGTERM or SIGHUP, so that everything is put away in order.
 * The second one ends the process at once.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      process.stderr.write('\ninterrupted: putting everything away (again to leave at once)\n');
      controller.abort(interrupted(name));
    });
  }
  return controller.signal;
}
