import type { Emit } from '../events.js';
import { progressReporter } from '../report/progress.js';
import { hasColour, type Output } from './context.js';

/** Shows on stderr what the work tells; the last line is put away before this returns or throws. */
export async function withProgress<T>(output: Output, work: (emit: Emit) => Promise<T>): Promise<T> {
  const progress = progressReporter({
    stream: process.stderr,
    isTty: process.stderr.isTTY === true,
    colour: hasColour(process.stderr),
    quiet: output.quiet,
  });
  try {
    return await work(progress.emit);
  } finally {
    progress.stop();
  }
}
