import type { Emit, JobName, StageName } from '../events.js';
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

export interface Patience {
  readonly stage: StageName | JobName;
  /** What is done, as long as it is being done. */
  readonly text: string;
  /** Milliseconds until it is worth telling. */
  readonly afterMs?: number;
}

/**
 * Tells of work once it takes longer than a second, and of its end; of quick work nothing at all. What the work says
 * meanwhile stands beside it.
 */
export async function withPatience<T>(
  emit: Emit,
  { stage, text, afterMs = 1_000 }: Patience,
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let told = false;
  let last: string | undefined;
  const timer = setTimeout(() => {
    told = true;
    emit({ type: 'stage-started', stage, text });
    if (last !== undefined) emit({ type: 'progress', stage, text: last });
  }, afterMs);
  try {
    const result = await work((said) => {
      last = said;
      if (told) emit({ type: 'progress', stage, text: said });
    });
    if (told) emit({ type: 'stage-finished', stage, ms: performance.now() - began, text });
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** The same for a command that tells nothing else. */
export async function patiently<T>(
  output: Output,
  patience: Patience,
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  return await withProgress(output, (emit) => withPatience(emit, patience, work));
}
