import { LabError } from '../errors.js';
import type { Target, TargetProcess } from '../targets/target.js';

/**
 * A host over SSH whose servers bind `address` and are reached there. When the host goes away nothing is known of its processes any
 * more, which is no error: the probes say that no connection comes about. What cannot be ended there is left to `lab clean`.
 */
export function reachable(target: Target, address: string): Target {
  return {
    ...target,
    listenHost: address,
    reach: async (port) => ({ host: address, port }),
    readFile: (path, signal) => unlessGone(target.readFile(path, signal)),
    async start(argv, options) {
      const { kill, ...process }: TargetProcess = await target.start(argv, options);
      return {
        ...process,
        kill,
        [Symbol.asyncDispose]: async () => await unlessGone(process[Symbol.asyncDispose]()),
      };
    },
  };
}

/** What the host tells, or nothing where it does not tell any more. */
async function unlessGone<T>(asked: PromiseLike<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LabError && error.code === 'target') return undefined;
    throw error;
  }
}
