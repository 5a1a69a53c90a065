import { constants } from 'node:os';

const ends = new Set<() => void>();
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let listening = false;

/**
 * Has `end` called, which must be done when it returns, if this process leaves or a signal tells it to before the
 * result, a function, was called; the last one first. Mocha itself leaves at once, and what the tests have started would
 * stay.
 */
export function whenToldToEnd(end: () => void): () => void {
  if (!listening) {
    for (const name of names) process.once(name, () => process.exit(128 + constants.signals[name]));
    process.once('exit', () => {
      for (const one of [...ends].reverse()) attempt(one);
    });
    listening = true;
  }
  ends.add(end);
  return () => ends.delete(end);
}

/** Whatever goes wrong with one, the others come to their end. */
function attempt(end: () => void): void {
  try {
    end();
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
  }
}
