import { LabError, messageOf } from '../errors.js';
import { cannotWrite } from '../store/cannot-write.js';
import { errorText } from './context.js';

/** Below it an exit code is an answer, and nobody was given the answer. */
const firstFailure = 64;

/**
 * Keeps what becomes of stdout and stderr from ending the process in the middle of its work. When stdout cannot be
 * written, that is said once on stderr, and an exit code that would be an answer becomes that of the error.
 */
export function watchStreams(): void {
  let broken: LabError | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `npx lab runs | head`: the reader has seen enough. The exit code is still the answer.
    if (error.code === 'EPIPE' || broken !== undefined) return;
    broken = outputError(error);
    process.stderr.write(`${errorText(broken, undefined)}\n`);
  });
  // The reader of the progress has gone or was killed: no reason to leave everything as it is.
  process.stderr.on('error', () => undefined);
  process.on('exit', (code) => {
    if (broken !== undefined && code < firstFailure) process.exitCode = broken.exitCode;
  });
}

function outputError(cause: NodeJS.ErrnoException): LabError {
  const known = cannotWrite('the output', 'stdout', cause);
  // A file that cannot be is a matter of the command line only where the command line named it.
  if (known instanceof LabError && known.code !== 'usage') return known;
  return new LabError(`the output cannot be written to stdout: ${messageOf(cause)}`, {
    code: 'missing-permission',
    hint: 'send it to another file, or to a terminal',
    cause,
  });
}
