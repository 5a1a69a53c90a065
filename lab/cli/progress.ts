import type { Emit } from '../events.js';
import { type ProgressOptions, progressReporter } from '../report/progress.js';
import { hasColour, type Output } from './context.js';

/** Shows on stderr what the work tells; the last line is put away before this returns or throws. */
export async function withProgress<T>(output: Output, work: (emit: Emit) => Promise<T>): Promise<T> {
  const progress = progressReporter(await progressOptions(output));
  try {
    return await work(progress.emit);
  } finally {
    progress.stop();
  }
}

/** Progress goes to stderr: as a live line on a terminal, in plain lines elsewhere. */
export async function progressOptions({ quiet }: Output): Promise<ProgressOptions> {
  const isTty = process.stderr.isTTY === true && !quiet;
  return {
    stream: process.stderr,
    live: isTty ? (await import('log-update')).createLogUpdate : undefined,
    colour: hasColour(process.stderr),
    quiet,
  };
}
